#ifndef TROUPE_CODEGEN_NAMES_H_
#define TROUPE_CODEGEN_NAMES_H_

// What things of a .proto file are called in C++.

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace troupe::codegen {

// Names are mangled as protoc does it, with underscores at the end. (Packages it leaves as they
// are.)

// Mangled are words of C++.
std::string ClassNameOf(const google::protobuf::ServiceDescriptor& service);
// Mangled are words of C++, names that troupe::Actor has members of (an actor class derives from
// both), those that the generated class needs, and the class's own name.
std::string MethodNameOf(const google::protobuf::MethodDescriptor& method);

// `bank::v1`, or empty; with `services_namespace` inside of it, if that is not empty.
std::string NamespaceOf(const google::protobuf::FileDescriptor& file,
                        absl::string_view services_namespace);

// `::bank::v1::Balance`.
std::string MessageNameOf(const google::protobuf::Descriptor& message);

// `bank/account`, of `bank/account.proto`.
std::string StemOf(const google::protobuf::FileDescriptor& file);
// `bank_2faccount_2eproto`, of the same; as protoc's code has it.
std::string FileIdentifierOf(const google::protobuf::FileDescriptor& file);

// Whether it is a word of C++, or a macro of its standard headers.
bool IsWord(absl::string_view name);
bool IsIdentifier(absl::string_view text);

}  // namespace troupe::codegen

#endif  // TROUPE_CODEGEN_NAMES_H_
