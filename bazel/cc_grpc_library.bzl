"""cc_grpc_library: the gRPC stubs of a .proto file in C++, with the attributes it has upstream."""

def _import_path(file, root):
    if root != "." and file.path.startswith(root + "/"):
        return file.path[len(root) + 1:]
    return file.path

def _grpc_sources_impl(ctx):
    info = ctx.attr.proto[ProtoInfo]
    root = info.proto_source_root
    outputs = []
    for source in info.direct_sources:
        stem = source.basename[:-len(".proto")]
        for suffix in [".grpc.pb.h", ".grpc.pb.cc"]:
            outputs.append(ctx.actions.declare_file(stem + suffix, sibling = source))

    out_dir = ctx.bin_dir.path
    if ctx.label.workspace_root:
        out_dir += "/" + ctx.label.workspace_root
    args = ctx.actions.args()
    args.add("--plugin=protoc-gen-grpc=" + ctx.executable._plugin.path)
    args.add("--grpc_out=" + out_dir)
    args.add_all(info.transitive_proto_path, format_each = "-I%s")
    args.add("-I.")
    args.add_all([_import_path(source, root) for source in info.direct_sources])
    ctx.actions.run(
        executable = ctx.executable._protoc,
        arguments = [args],
        inputs = info.transitive_sources,
        outputs = outputs,
        tools = [ctx.executable._plugin],
        mnemonic = "GenGrpcCc",
        progress_message = "Generating gRPC stubs of %s" % ctx.attr.proto.label,
    )
    return [DefaultInfo(files = depset(outputs))]

_grpc_sources = rule(
    implementation = _grpc_sources_impl,
    attrs = {
        "proto": attr.label(mandatory = True, providers = [ProtoInfo]),
        "_plugin": attr.label(
            default = "@com_github_grpc_grpc//src/compiler:grpc_cpp_plugin",
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
