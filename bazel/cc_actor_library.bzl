"""cc_actor_library: the actor classes of the services in a .proto file (docs/services.md)."""

def _import_path(file, root):
    if root != "." and file.path.startswith(root + "/"):
        return file.path[len(root) + 1:]
    return file.path

def _out_dir(ctx, root):
    # Where a proto_library changes the paths of its files, its root is among the outputs.
    if root.startswith(ctx.bin_dir.path):
        return root
    if ctx.label.workspace_root:
        return ctx.bin_dir.path + "/" + ctx.label.workspace_root
    return ctx.bin_dir.path

def _actor_sources_impl(ctx):
    proto = ctx.attr.proto
    if proto.label.workspace_root != ctx.label.workspace_root or \
       proto.label.package != ctx.label.package:
        fail("%s is of another package: cc_actor_library stands beside its proto_library" %
             proto.label)
    info = proto[ProtoInfo]
    root = info.proto_source_root
    headers = []
    sources = []
    for source in info.direct_sources:
        stem = source.basename[:-len(".proto")]
        headers.append(ctx.actions.declare_file(stem + ".troupe.h", sibling = source))
        sources.append(ctx.actions.declare_file(stem + ".troupe.cc", sibling = source))

    args = ctx.actions.args()
    args.add("--plugin=protoc-gen-troupe=" + ctx.executable._plugin.path)
    options = ""
    if ctx.attr.services_namespace:
        options = "services_namespace=%s:" % ctx.attr.services_namespace
    out_dir = _out_dir(ctx, root)
    args.add("--troupe_out=" + options + out_dir)
    args.add_all(info.transitive_proto_path, format_each = "-I%s")
    args.add("-I.")
    args.add_all([_import_path(source, root) for source in info.direct_sources])
    ctx.actions.run(
        executable = ctx.executable._protoc,
        arguments = [args],
        inputs = info.transitive_sources,
        outputs = headers + sources,
        tools = [ctx.executable._plugin],
        mnemonic = "GenActorCc",
        progress_message = "Generating the actor classes of %s" % proto.label,
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
        "_plugin": attr.label(
            default = "//codegen:protoc-gen-troupe",
            allow_single_file = True,
            executable = True,
            cfg = "exec",
        ),
        "_protoc": attr.label(
            default = "@com_google_protobuf//:protoc",
            allow_single_file = True,
            executable = True,
            cfg = "exec",
        ),
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
