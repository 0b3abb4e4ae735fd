"""cc_actor_library: the actor classes of the services in a .proto file (docs/services.md)."""

load(":protoc.bzl", "PROTOC", "out_dir_of", "outputs_of", "plugin_of", "run_protoc")

def _actor_sources_impl(ctx):
    proto = ctx.attr.proto
    if proto.label.workspace_root != ctx.label.workspace_root or \
       proto.label.package != ctx.label.package:
        fail("%s is of another package: cc_actor_library stands beside its proto_library" %
             proto.label)
    headers, sources = outputs_of(ctx, [".troupe.h", ".troupe.cc"])
    options = ""
    if ctx.attr.services_namespace:
        options = "services_namespace=%s:" % ctx.attr.services_namespace
    out_dir = out_dir_of(ctx)
    run_protoc(
        ctx,
        "troupe",
        ["--troupe_out=" + options + out_dir],
        headers + sources,
        "GenActorCc",
        "Generating the actor classes of %s" % proto.label,
    )
    return [
        DefaultInfo(files = depset(headers + sources)),
        # So that the headers are found by the paths that the .proto files have in imports.
        CcInfo(compilation_context = cc_common.create_compilation_context(
            headers = depset(headers),
            quote_includes = depset([out_dir]),
        )),
    ]

_actor_sources = rule(
    implementation = _actor_sources_impl,
    attrs = {
        "proto": attr.label(mandatory = True, providers = [ProtoInfo]),
        "services_namespace": attr.string(),
        "_plugin": plugin_of("//codegen:protoc-gen-troupe"),
        "_protoc": PROTOC,
    },
    output_to_genfiles = False,
)

def cc_actor_library(name, deps, services_namespace = "", **kwargs):
    """A C++ library of actor classes, one for each service in the .proto files.

    `path/to/FILE.proto` gives `path/to/FILE.troupe.h`. The messages' C++ code comes along.

    Args:
      name: the library's name.
      deps: exactly one proto_library, of the same package.
      services_namespace: a namespace inside of the package's for the classes. For programs that
        also include gRPC's stubs of the same services, which have the same names.
      **kwargs: passed on to cc_library (visibility, testonly, tags).
    """
    if len(deps) != 1:
        fail("cc_actor_library %s takes exactly one proto_library in deps" % name)
    testonly = kwargs.get("testonly", False)
    native.cc_proto_library(
        name = "_%s_messages" % name,
        testonly = testonly,
        visibility = ["//visibility:private"],
        deps = deps,
    )
    _actor_sources(
        name = "_%s_sources" % name,
        proto = deps[0],
        services_namespace = services_namespace,
        testonly = testonly,
        visibility = ["//visibility:private"],
    )
    native.cc_library(
        name = name,
        srcs = ["_%s_sources" % name],
        hdrs = ["_%s_sources" % name],
        deps = [
            ":_%s_messages" % name,
            ":_%s_sources" % name,
            Label("//:troupe"),
        ],
        **kwargs
    )
