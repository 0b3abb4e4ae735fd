"""What the rules that run a plugin of protoc share."""

PROTOC = attr.label(
    default = "@com_google_protobuf//:protoc",
    allow_single_file = True,
    executable = True,
    cfg = "exec",
)

def plugin_of(label):
    """The attribute `_plugin`, which run_protoc asks for beside `proto` and `_protoc`."""
    return attr.label(default = label, allow_single_file = True, executable = True, cfg = "exec")

def _import_path(file, root):
    if root != "." and file.path.startswith(root + "/"):
        return file.path[len(root) + 1:]
    return file.path

def outputs_of(ctx, suffixes):
    """Declares a file for each .proto file and suffix, beside the .proto.

    Args:
      ctx: of the rule.
      suffixes: what comes in place of ".proto".

    Returns:
      A list of files for each suffix.
    """
    sources = ctx.attr.proto[ProtoInfo].direct_sources
    return [[
        ctx.actions.declare_file(source.basename[:-len(".proto")] + suffix, sibling = source)
        for source in sources
    ] for suffix in suffixes]

def out_dir_of(ctx):
    """Where what is generated lies, by the paths that the .proto files have in imports."""
    root = ctx.attr.proto[ProtoInfo].proto_source_root

    # Where a proto_library changes the paths of its files, its root is among the outputs.
    if root.startswith(ctx.bin_dir.path):
        return root
    if ctx.label.workspace_root:
        return ctx.bin_dir.path + "/" + ctx.label.workspace_root
    return ctx.bin_dir.path

def run_protoc(ctx, plugin, flags, outputs, mnemonic, progress_message):
    """Runs protoc with a plugin over the .proto files of `proto`.

    Args:
      ctx: of the rule.
      plugin: the name of the plugin, as in --NAME_out.
      flags: more of protoc's flags, among them --NAME_out.
      outputs: the files that are written.
      mnemonic: of the action.
      progress_message: of the action.
    """
    info = ctx.attr.proto[ProtoInfo]
    args = ctx.actions.args()
    args.add("--plugin=protoc-gen-%s=%s" % (plugin, ctx.executable._plugin.path))
    args.add_all(flags)
    args.add_all(info.transitive_proto_path, format_each = "-I%s")
    args.add("-I.")
    root = info.proto_source_root
    args.add_all([_import_path(source, root) for source in info.direct_sources])
    ctx.actions.run(
        executable = ctx.executable._protoc,
        arguments = [args],
        inputs = info.transitive_sources,
        outputs = outputs,
        tools = [ctx.executable._plugin],
        mnemonic = mnemonic,
        progress_message = progress_message,
    )
