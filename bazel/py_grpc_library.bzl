"""py_grpc_library: the messages and gRPC stubs of a .proto file in Python."""

def _import_path(file, root):
    if root != "." and file.path.startswith(root + "/"):
        return file.path[len(root) + 1:]
    return file.path

def _py_grpc_library_impl(ctx):
    info = ctx.attr.proto[ProtoInfo]
    root = info.proto_source_root
    outputs = []
    for source in info.direct_sources:
        # As protoc names modules.
        stem = source.basename[:-len(".proto")].replace("-", "_")
        for suffix in ["_pb2.py", "_pb2_grpc.py"]:
            outputs.append(ctx.actions.declare_file(stem + suffix, sibling = source))

    out_dir = ctx.bin_dir.path
    if ctx.label.workspace_root:
        out_dir += "/" + ctx.label.workspace_root
    args = ctx.actions.args()
    args.add("--plugin=protoc-gen-grpc_python=" + ctx.executable._plugin.path)
    args.add("--python_out=" + out_dir)
    args.add("--grpc_python_out=" + out_dir)
    args.add_all(info.transitive_proto_path, format_each = "-I%s")
    args.add("-I.")
    args.add_all([_import_path(source, root) for source in info.direct_sources])
    ctx.actions.run(
        executable = ctx.executable._protoc,
        arguments = [args],
        inputs = info.transitive_sources,
        outputs = outputs,
        tools = [ctx.executable._plugin],
        mnemonic = "GenGrpcPy",
        progress_message = "Generating Python stubs of %s" % ctx.attr.proto.label,
    )
    files = depset(outputs, transitive = [dep[DefaultInfo].files for dep in ctx.attr.deps])
    return [DefaultInfo(
        files = files,
        runfiles = ctx.runfiles(transitive_files = files),
    )]

# Programs name it in `data`, and import the modules from the root of their runfiles. Python itself,
# and its packages grpc and google.protobuf, are those of the system.
py_grpc_library = rule(
    implementation = _py_grpc_library_impl,
    attrs = {
        "deps": attr.label_list(doc = "The py_grpc_library of each file that `proto` imports."),
        "proto": attr.label(mandatory = True, providers = [ProtoInfo]),
        "_plugin": attr.label(
            default = "@com_github_grpc_grpc//src/compiler:grpc_python_plugin",
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
