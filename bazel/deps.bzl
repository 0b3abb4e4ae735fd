"""The repositories Troupe needs, for its own WORKSPACE and for that of its users."""

load("//bazel:abseil.bzl", "ABSEIL_PACKAGES")
load("//bazel:system_repository.bzl", "abseil_repository", "system_repository")

# Bazel's own tools load their rules from repositories that its release would download. The rules
# are built into Bazel 4, so a file that hands them on is enough.
def _re_export(names):
    return "".join(["%s = native.%s\n" % (name, name) for name in names])

_CC_RULES = [
    "cc_binary",
    "cc_import",
    "cc_library",
    "cc_proto_library",
    "cc_test",
    "cc_toolchain",
    "cc_toolchain_suite",
    "fdo_prefetch_hints",
    "fdo_profile",
    "objc_import",
    "objc_library",
]

_JAVA_RULES = [
    "java_binary",
    "java_import",
    "java_library",
    "java_lite_proto_library",
    "java_package_configuration",
    "java_plugin",
    "java_proto_library",
    "java_runtime",
    "java_test",
    "java_toolchain",
]

_PROTO_RULES = ["proto_lang_toolchain", "proto_library"]

_COVERAGE_STUB = """
# Bazel resolves this label before every test; only `bazel coverage` would run it.
sh_binary(
    name = "coverage_report_generator",
    srcs = ["no_coverage.sh"],
    visibility = ["//visibility:public"],
)
"""

def _system(name, requires, build_file, templates = {}, **kwargs):
    if native.existing_rule(name):
        return
    all_templates = {"//bazel/third_party:" + build_file: "BUILD"}
    all_templates.update(templates)
    system_repository(
        name = name,
        requires = requires,
        templates = {Label(label): path for label, path in all_templates.items()},
        **kwargs
    )

def _generated(name, **kwargs):
    if not native.existing_rule(name):
        system_repository(name = name, **kwargs)

def _bazel_rules():
    _generated("rules_cc", files = {"cc/BUILD": "", "cc/defs.bzl": _re_export(_CC_RULES)})
    _generated("rules_java", files = {"java/BUILD": "", "java/defs.bzl": _re_export(_JAVA_RULES)})
    _generated(
        "rules_proto",
        files = {
            "proto/BUILD": "",
            "proto/defs.bzl": "load(\":native.bzl\", \"NativeProtoInfo\")\n" +
                              _re_export(_PROTO_RULES) + "ProtoInfo = NativeProtoInfo\n",
            "proto/native.bzl": "NativeProtoInfo = ProtoInfo\n",
        },
    )
    _generated(
        "remote_coverage_tools",
        files = {
            "BUILD": _COVERAGE_STUB,
            "no_coverage.sh": "#!/bin/sh\necho 'no coverage tools here' >&2\nexit 1\n",
        },
    )

_WELL_KNOWN_PROTOS = [
    "any",
    "api",
    "descriptor",
    "duration",
    "empty",
    "field_mask",
    "source_context",
    "struct",
    "timestamp",
    "type",
    "wrappers",
]

def _protobuf():
    links = {"protoc": "/usr/bin/protoc"}
    for name in _WELL_KNOWN_PROTOS:
        file = "google/protobuf/%s.proto" % name
        links[file] = "/usr/include/" + file
    plugin = "google/protobuf/compiler/plugin.proto"
    links[plugin] = "/usr/include/" + plugin
    _system(
        "com_google_protobuf",
        requires = {
            "/usr/bin/protoc": "protobuf-compiler",
            "/usr/include/google/protobuf/compiler/plugin.h": "libprotoc-dev",
            "/usr/include/google/protobuf/message.h": "libprotobuf-dev",
        },
        build_file = "protobuf.BUILD",
        links = links,
    )

def troupe_deps():
    """Declares every repository Troupe needs that the workspace has not declared already.

    Abseil, protobuf and gRPC exchange each other's types: replace all three or none.
    """
    _bazel_rules()
    _protobuf()
    if not native.existing_rule("com_google_absl"):
        abseil_repository(
            name = "com_google_absl",
            packages = ABSEIL_PACKAGES,
            requires = {"/usr/include/absl/base/config.h": "libabsl-dev"},
        )
    _system(
        "com_github_grpc_grpc",
        requires = {
            "/usr/bin/grpc_cpp_plugin": "protobuf-compiler-grpc",
            "/usr/include/grpcpp/grpcpp.h": "libgrpc++-dev",
        },
        build_file = "grpc.BUILD",
        templates = {"//bazel/third_party:grpc_compiler.BUILD": "src/compiler/BUILD"},
        links = {
            "src/compiler/grpc_cpp_plugin": "/usr/bin/grpc_cpp_plugin",
            "src/compiler/grpc_python_plugin": "/usr/bin/grpc_python_plugin",
        },
    )
    _system(
        "com_github_google_glog",
        requires = {"/usr/include/glog/logging.h": "libgoogle-glog-dev"},
        build_file = "glog.BUILD",
    )
    _system(
        "com_google_googletest",
        requires = {
            "/usr/include/gmock/gmock.h": "libgmock-dev",
            "/usr/include/gtest/gtest.h": "libgtest-dev",
        },
        build_file = "googletest.BUILD",
    )
    _system(
        "nlohmann_json",
        requires = {"/usr/include/nlohmann/json.hpp": "nlohmann-json3-dev"},
        build_file = "nlohmann_json.BUILD",
    )
    _system(
        "com_github_google_benchmark",
        requires = {"/usr/include/benchmark/benchmark.h": "libbenchmark-dev"},
        build_file = "benchmark.BUILD",
    )

    # Only for the programs that Troupe is measured against: built when somebody names them.
    _system(
        "caf",
        requires = {"/usr/include/caf/all.hpp": "libcaf-dev"},
        build_file = "caf.BUILD",
    )
    _system(
        "capnproto",
        requires = {
            "/usr/bin/capnp": "capnproto",
            "/usr/include/capnp/rpc.h": "libcapnp-dev",
        },
        build_file = "capnproto.BUILD",
        links = {"capnp": "/usr/bin/capnp"},
    )
    _system(
        "openssl",
        requires = {"/usr/include/openssl/x509.h": "libssl-dev"},
        build_file = "openssl.BUILD",
    )
    _system(
        "zlib",
        requires = {"/usr/include/zlib.h": "zlib1g-dev"},
        build_file = "zlib.BUILD",
    )
