"""cc_grpc_library: the gRPC stubs of a .proto file in C++, with the attributes it has upstream."""

load(":protoc.bzl", "PROTOC", "out_dir_of", "outputs_of", "plugin_of", "run_protoc")

def _grpc_sources_impl(ctx):
    headers, sources = outputs_of(ctx, [".grpc.pb.h", ".grpc.pb.cc"])
    run_protoc(
        ctx,
        "grpc",
        ["--grpc_out=" + out_dir_of(ctx)],
        headers + sources,
        "GenGrpcCc",
        "Generating gRPC stubs of %s" % ctx.attr.proto.label,
    )
    return [DefaultInfo(files = depset(headers + sources))]

_grpc_sources = rule(
    implementation = _grpc_sources_impl,
    attrs = {
        "proto": attr.label(mandatory = True, providers = [ProtoInfo]),
        "_plugin": plugin_of("@com_github_grpc_grpc//src/compiler:grpc_cpp_plugin"),
        "_protoc": PROTOC,
    },
    output_to_genfiles = False,
)

def cc_grpc_library(name, srcs, deps, **kwargs):
    """A C++ library of the service stubs in one proto_library.

    Args:
      name: the library's name.
      srcs: exactly one proto_library, of the same package.
      deps: its cc_proto_library, with the messages.
      **kwargs: passed on to cc_library (visibility, testonly, tags).
    """
    if len(srcs) != 1:
        fail("cc_grpc_library %s takes exactly one proto_library in srcs" % name)
    _grpc_sources(
        name = "_%s_sources" % name,
        proto = srcs[0],
        testonly = kwargs.get("testonly", False),
        visibility = ["//visibility:private"],
    )
    native.cc_library(
        name = name,
        srcs = ["_%s_sources" % name],
        hdrs = ["_%s_sources" % name],
        deps = deps + ["@com_github_grpc_grpc//:grpc++"],
        **kwargs
    )
