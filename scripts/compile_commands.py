"""Turns the CppCompile actions of `bazel aquery --output=jsonproto` into compile_commands.json."""

import json
import os
import sys

_GCC_ONLY = ("-fno-canonical-system-headers",)
# Tools read this file, and they are clang: see --config=clang in .bazelrc.
_FOR_CLANG = ["-D__cpp_impl_coroutine=201902L", "-Wno-macro-redefined"]


def main(execution_root):
    """Paths in the commands are relative to the execution root, which mirrors the tree."""
    root = os.getcwd()
    commands = []
    for action in json.load(sys.stdin).get("actions", []):
        arguments = action.get("arguments", [])
        if "-c" not in arguments:
            continue
        source = arguments[arguments.index("-c") + 1]
        if source.startswith(("external/", "bazel-out/")):
            continue
        source = os.path.join(root, source)
        arguments[arguments.index("-c") + 1] = source
        arguments = [a for a in arguments if a not in _GCC_ONLY]
        # The tree first, for paths that a person recognizes; then what Bazel wrote.
        arguments[1:1] = ["-iquote", root] + _FOR_CLANG
        commands.append({"directory": execution_root, "file": source, "arguments": arguments})
    json.dump(sorted(commands, key=lambda c: c["file"]), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main(sys.argv[1])
