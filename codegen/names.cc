#include "codegen/names.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/compiler/cpp/names.h"

namespace troupe::codegen {
namespace {

namespace cpp = google::protobuf::compiler::cpp;

template <size_t N>
bool IsOneOf(const absl::string_view (&words)[N], absl::string_view name) {
  return std::find(std::begin(words), std::end(words), name) != std::end(words);
}

// Of C++20, and macros of its standard headers.
constexpr absl::string_view kWords[] = {
    "alignas",       "alignof",     "and",
    "and_eq",        "asm",         "auto",
    "bitand",        "bitor",       "bool",
    "break",         "case",        "catch",
    "char",          "char16_t",    "char32_t",
    "char8_t",       "class",       "co_await",
    "co_return",     "co_yield",    "compl",
    "concept",       "const",       "const_cast",
    "consteval",     "constexpr",   "constinit",
    "continue",      "decltype",    "default",
    "delete",        "do",          "double",
    "dynamic_cast",  "else",        "enum",
    "explicit",      "export",      "extern",
    "false",         "float",       "for",
    "friend",        "goto",        "if",
    "inline",        "int",         "long",
    "mutable",       "namespace",   "new",
    "noexcept",      "not",         "not_eq",
    "nullptr",       "operator",    "or",
    "or_eq",         "private",     "protected",
    "public",        "register",    "reinterpret_cast",
    "requires",      "return",      "short",
    "signed",        "sizeof",      "static",
    "static_assert", "static_cast", "struct",
    "switch",        "template",    "this",
    "thread_local",  "throw",       "true",
    "try",           "typedef",     "typeid",
    "typename",      "union",       "unsigned",
    "using",         "virtual",     "void",
    "volatile",      "wchar_t",     "while",
    "xor",           "xor_eq",      "EOF",
    "NULL",          "assert",      "errno",
    "stderr",        "stdin",       "stdout",
};

// Members of troupe::Actor, which the actor's class also is, and what it may say of itself.
constexpr absl::string_view kMembers[] = {
    "Actor",   "After",  "CancelTimer", "Every",      "Implements", "OnDown", "OnFailure",
    "OnStart", "OnStop", "Receive",     "Sleep",      "Spawn",      "Stop",   "TimerId",
    "Unwatch", "Watch",  "context",     "kLocalOnly", "kReentrant", "self",   "system",
};

// Members of the generated class, and of the proxy that TROUPE_ACTOR makes of it.
constexpr absl::string_view kGenerated[] = {
    "TroupeClass", "TroupeInherited", "TroupeMembers", "TroupeService", "troupe_target",
};

}  // namespace

bool IsWord(absl::string_view name) { return IsOneOf(kWords, name); }

std::string ClassNameOf(const google::protobuf::ServiceDescriptor& service) {
  return IsWord(service.name()) ? service.name() + "_" : service.name();
}

std::string MethodNameOf(const google::protobuf::MethodDescriptor& method) {
  const std::string class_name = ClassNameOf(*method.service());
  std::string name = method.name();
  while (IsWord(name) || IsOneOf(kMembers, name) || IsOneOf(kGenerated, name) ||
         name == class_name || name == class_name + "_exported_by_TROUPE_ACTOR") {
    name += "_";
  }
  return name;
}

std::string NamespaceOf(const google::protobuf::FileDescriptor& file,
                        absl::string_view services_namespace) {
  std::string name = absl::StrReplaceAll(file.package(), {{".", "::"}});
  if (services_namespace.empty()) return name;
  return name.empty() ? std::string(services_namespace)
                      : absl::StrCat(name, "::", services_namespace);
}

std::string MessageNameOf(const google::protobuf::Descriptor& message) {
  return cpp::QualifiedClassName(&message);
}

std::string StemOf(const google::protobuf::FileDescriptor& file) {
  return cpp::StripProto(file.name());
}

std::string FileIdentifierOf(const google::protobuf::FileDescriptor& file) {
  std::string name;
  for (const char c : file.name()) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      name += c;
    } else {
      absl::StrAppendFormat(&name, "_%02x", static_cast<unsigned char>(c));
    }
  }
  return name;
}

bool IsIdentifier(absl::string_view text) {
  if (text.empty() || absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '_' || absl::ascii_isalnum(static_cast<unsigned char>(c));
  });
}

}  // namespace troupe::codegen
