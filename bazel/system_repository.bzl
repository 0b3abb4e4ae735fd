"""Repositories made of what Debian's packages have installed.

The compiler finds the headers of the system by itself, so the targets of such a repository carry
little more than linker flags. Their labels are those of the upstream projects: a workspace that
declares the upstream repositories before it calls troupe_deps() gets those instead.
"""

def _require(ctx):
    for path, package in ctx.attr.requires.items():
        if not ctx.path(path).exists:
            fail("\n\n  Debian package %s is missing (there is no %s): run scripts/setup\n" %
                 (package, path))

def _system_repository_impl(ctx):
    _require(ctx)
    for path, target in ctx.attr.links.items():
        ctx.symlink(target, path)
    for path, content in ctx.attr.files.items():
        ctx.file(path, content, executable = path.endswith(".sh"))
    for label, path in ctx.attr.templates.items():
        ctx.template(path, label, executable = False)

system_repository = repository_rule(
    implementation = _system_repository_impl,
    attrs = {
        "files": attr.string_dict(doc = "Path in the repository to its content."),
        "links": attr.string_dict(doc = "Path in the repository to what it links to."),
        "requires": attr.string_dict(
            doc = "File that must exist to the Debian package that installs it.",
        ),
        "templates": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "File of ours to its path in the repository, copied as it is.",
        ),
    },
    local = True,  # look again whenever the server starts: packages come and go
)

def _abseil_repository_impl(ctx):
    _require(ctx)
    found = ctx.execute(["sh", "-c", "ls /usr/lib/*/libabsl_*.so 2>/dev/null"])
    libraries = {}
    for path in found.stdout.split("\n"):
        name = path.split("/")[-1]
        if name.startswith("lib") and name.endswith(".so"):
            libraries["-l" + name[len("lib"):-len(".so")]] = True
    if not libraries:
        fail("\n\n  Debian package libabsl-dev is missing (no libabsl_*.so): run scripts/setup\n")

    # All of its shared libraries stand in the link line and the linker keeps those that are used.
    linkopts = ["-Wl,--push-state,--as-needed"] + sorted(libraries) + ["-Wl,--pop-state"]
    ctx.file(
        "BUILD",
        """
cc_library(
    name = "shared_libraries",
    linkopts = %s,
    visibility = ["//:__subpackages__"],
)
""" % repr(linkopts),
        executable = False,
    )
    for package, targets in ctx.attr.packages.items():
        rules = ["package(default_visibility = [\"//visibility:public\"])"]
        for target in targets:
            rules.append("cc_library(name = %s, deps = [\"//:shared_libraries\"])" % repr(target))
        ctx.file("absl/%s/BUILD" % package, "\n".join(rules) + "\n", executable = False)

abseil_repository = repository_rule(
    implementation = _abseil_repository_impl,
    attrs = {
        "packages": attr.string_list_dict(doc = "Package under absl/ to the targets in it."),
        "requires": attr.string_dict(
            doc = "File that must exist to the Debian package that installs it.",
        ),
    },
    local = True,
)
