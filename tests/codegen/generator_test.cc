// What the generator refuses, with the place, and what of a .proto ends up where.

#include "codegen/generator.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/codegen/generator_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHead[] = "syntax = \"proto3\";\nmessage M {}\n";

std::string ErrorOf(const std::string& text, const std::string& parameter = "") {
  const Generated generated = GenerateFromText(text, parameter);
  EXPECT_FALSE(generated.ok);
  EXPECT_TRUE(generated.files.empty());
  return generated.error;
}
std::string HeaderFrom(const std::string& text, const std::string& parameter = "") {
  Generated generated = GenerateFromText(text, parameter);
  EXPECT_TRUE(generated.ok) << generated.error;
  return generated.files["test.troupe.h"];
}

TEST(GeneratorErrorsTest, StreamsOfRequestsAreRefusedAtTheirLines) {
  EXPECT_EQ(ErrorOf(absl::StrCat(kHead,
                                 "service S {\n"
                                 "  rpc Fine(M) returns (stream M);\n"
                                 "  rpc Up(stream M) returns (M);\n"
                                 "    rpc Both(stream M)\n"
                                 "      returns (stream M);\n"
                                 "}\n")),
            "not everything here can be an actor:\n"
            "test.proto:5:3: rpc Up takes a stream of requests: an actor's method takes one "
            "(client streaming is not supported)\n"
            "test.proto:6:5: rpc Both takes a stream of requests: an actor's method takes one "
            "(bidirectional streaming is not supported)");
}

std::string ServiceOf(int methods) {
  std::string text = absl::StrCat(kHead, "service Fine {}\nservice S {\n");
  for (int i = 0; i < methods; ++i) absl::StrAppend(&text, "  rpc R", i, "(M) returns (M);\n");
  return text + "}\n";
}

TEST(GeneratorErrorsTest, MoreMethodsThanAClassExportsAreRefused) {
  EXPECT_TRUE(GenerateFromText(ServiceOf(256)).ok);
  EXPECT_THAT(ErrorOf(ServiceOf(257)),
              HasSubstr("\ntest.proto:4:1: service S has 257 rpcs: an actor class exports at most "
                        "256"));
}

TEST(GeneratorErrorsTest, NamesThatAreTheSameInCppAreRefused) {
  EXPECT_THAT(ErrorOf(absl::StrCat(kHead,
                                   "service S {\n"
                                   "  rpc Stop(M) returns (M);\n"
                                   "  rpc Stop_(M) returns (M);\n"
                                   "}\n")),
              HasSubstr("\ntest.proto:5:3: rpc Stop_ and rpc Stop would both be S::Stop_ in C++"));
  EXPECT_THAT(
      ErrorOf(absl::StrCat(kHead, "message Outer { message In {} }\n", "service Outer_In {}\n")),
      HasSubstr("\ntest.proto:4:1: service Outer_In and message In would both be Outer_In "
                "in C++"));
  EXPECT_THAT(
      ErrorOf(absl::StrCat(kHead, "service class {}\nservice class_ {}\n")),
      HasSubstr("\ntest.proto:4:1: service class_ and service class would both be class_ in C++"));
}

TEST(GeneratorErrorsTest, WhatProtocsCodeCannotBeUsedWithIsRefused) {
  EXPECT_THAT(ErrorOf("syntax = \"proto3\";\n\npackage a.class.b;\nmessage M {}\nservice S {}\n"),
              HasSubstr("\ntest.proto:3:1: package a.class.b: 'class' means something in C++"));
  EXPECT_THAT(ErrorOf(absl::StrCat(kHead, "option optimize_for = LITE_RUNTIME;\nservice S {}\n")),
              HasSubstr("\ntest.proto:3:1: optimize_for = LITE_RUNTIME leaves out"));
  const std::string generic =
      absl::StrCat(kHead, "option cc_generic_services = true;\nservice S {}\n");
  EXPECT_THAT(ErrorOf(generic), HasSubstr("\ntest.proto:3:1: cc_generic_services makes protoc"));
  EXPECT_TRUE(GenerateFromText(generic, "services_namespace=actors").ok);
}

TEST(GeneratorErrorsTest, UnknownParametersAreRefused) {
  EXPECT_EQ(ErrorOf(kHead, "speed=11"),
            "unknown parameter 'speed': there is services_namespace=NAME");
  EXPECT_EQ(ErrorOf(kHead, "services_namespace=a::b"),
            "services_namespace is to be the name of a namespace, not 'a::b'");
  EXPECT_EQ(ErrorOf(kHead, "services_namespace=class"),
            "services_namespace is to be the name of a namespace, not 'class'");
}

TEST(GeneratorTest, AFileWithoutServicesGivesEmptyFiles) {
  // Nothing is amiss with what is not used.
  EXPECT_THAT(HeaderFrom("syntax = \"proto3\";\noption optimize_for = LITE_RUNTIME;\n"
                         "message M {}\n"),
              AllOf(HasSubstr("#include \"test.pb.h\""), Not(HasSubstr("class"))));
}

TEST(GeneratorTest, AServicesNamespaceIsInsideOfThePackages) {
  const std::string service = "message M {}\nservice S { rpc R(M) returns (M); }\n";
  EXPECT_THAT(HeaderFrom(absl::StrCat("syntax = \"proto3\";\npackage a.b;\n", service),
                         "services_namespace=actors"),
              AllOf(HasSubstr("namespace a::b::actors {"),
                    HasSubstr("virtual ::troupe::Task<::a::b::M> R(::a::b::M request) = 0;")));
  EXPECT_THAT(
      HeaderFrom(absl::StrCat("syntax = \"proto3\";\n", service), "services_namespace=actors"),
      AllOf(HasSubstr("namespace actors {"),
            HasSubstr("virtual ::troupe::Task<::M> R(::M request) = 0;")));
}

TEST(GeneratorTest, CommentsAreCarriedOverAndNeverContinueALine) {
  const std::string header = HeaderFrom(absl::StrCat(kHead,
                                                     "// Detached.\n\n"
                                                     "//Tight.\n"
                                                     "//\n"
                                                     "//   Indented \\\n"
                                                     "service S {\n"
                                                     "  // Ends in \\\n"
                                                     "  rpc R(M) returns (M);\n"
                                                     "}\n"));
  EXPECT_THAT(header, HasSubstr("\n\n// Tight.\n//\n//   Indented \\ (backslash)\nclass S {"));
  EXPECT_THAT(header, HasSubstr("  // Ends in \\ (backslash)\n  virtual "));
  EXPECT_THAT(header, Not(HasSubstr("Detached")));
}

}  // namespace
}  // namespace testing
}  // namespace troupe
