"""py_grpc_library: the messages and gRPC stubs of a .proto file in Python."""

load(":protoc.bzl", "PROTOC", "out_dir_of", "plugin_of", "run_protoc")

def _py_grpc_library_impl(ctx):
    outputs = []
    for source in ctx.attr.proto[ProtoInfo].direct_sources:
        # As protoc names modules.
        stem = source.basename[:-len(".proto")].replace("-", "_")
        for suffix in ["_pb2.py", "_pb2_grpc.py"]:
            outputs.append(ctx.actions.declare_file(stem + suffix, sibling = source))
    out_dir = out_dir_of(ctx)
    run_protoc(
        ctx,
        "grpc_python",
        ["--python_out=" + out_dir, "--grpc_python_out=" + out_dir],
        outputs,
        "GenGrpcPy",
        "Generating Python stubs of %s" % ctx.attr.proto.label,
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
        "_plugin": plugin_of("@com_github_grpc_grpc//src/compiler:grpc_python_plugin"),
        "_protoc": PROTOC,
    },
    output_to_genfiles = False,
)
