// What the generator writes, to the letter. After a change that is meant:
//   TROUPE_UPDATE_GOLDEN=1 bazel run //tests/codegen:golden_test

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "tests/codegen/generator_test_util.h"

namespace troupe {
namespace testing {
namespace {

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class GoldenTest : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Files, GoldenTest,
                         ::testing::Values("bank", "common", "everything", "no_package",
                                           "only_imports", "streams", "words"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(GoldenTest, WritesWhatItWrote) {
  TestTree tree;
  const Generated generated = Generate(tree, absl::StrCat("tests/codegen/", GetParam(), ".proto"));
  ASSERT_TRUE(generated.ok) << generated.error;
  ASSERT_EQ(generated.files.size(), 2u);
  for (const auto& [path, text] : generated.files) {
    const std::string golden =
        absl::StrCat("tests/codegen/golden/", absl::StripPrefix(path, "tests/codegen/"), ".txt");
    if (std::getenv("TROUPE_UPDATE_GOLDEN") != nullptr) {
      const char* root = std::getenv("BUILD_WORKSPACE_DIRECTORY");
      std::ofstream(absl::StrCat(root != nullptr ? root : ".", "/", golden), std::ios::binary)
          << text;
    } else {
      EXPECT_EQ(Read(golden), text);
    }
  }
}

}  // namespace
}  // namespace testing
}  // namespace troupe
