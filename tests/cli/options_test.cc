#include "node/cli/options.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "node/cli/failure.h"

namespace troupe::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Options Parse(const std::vector<std::string>& words) {
  const absl::StatusOr<Options> options = ParseOptions(words);
  EXPECT_TRUE(options.ok()) << options.status();
  return options.ok() ? *options : Options();
}

// The error's text, which always belongs to exit code 2.
std::string Error(const std::vector<std::string>& words) {
  const absl::Status status = ParseOptions(words).status();
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kUsage) << status;
  return std::string(status.message());
}

TEST(OptionsTest, OptionsStandAnywhereBehindAndBeforeTheCommand) {
  const Options options = Parse({"--json", "call", "--timeout=5s", "a:1", "alice", "Deposit",
                                 "--emit_defaults", "{}", "--metadata", "k=v"});
  EXPECT_EQ(options.command, "call");
  EXPECT_THAT(options.arguments, ElementsAre("a:1", "alice", "Deposit", "{}"));
  EXPECT_TRUE(options.json);
  EXPECT_TRUE(options.emit_defaults);
  EXPECT_EQ(options.timeout, absl::Seconds(5));
  EXPECT_THAT(options.metadata, ElementsAre(Pair("k", "v")));
}

TEST(OptionsTest, DefaultsAreThoseOfTheManual) {
  const Options options = Parse({"list", "a:1"});
  EXPECT_FALSE(options.timeout.has_value());
  EXPECT_EQ(options.max_message, 64 << 20);
  EXPECT_FALSE(options.json || options.tls || options.watch || options.emit_defaults);
}

TEST(OptionsTest, ADashAndNegativeNumbersAreArguments) {
  EXPECT_THAT(Parse({"call", "a:1", "-", "Add", "-5"}).arguments,
              ElementsAre("a:1", "-", "Add", "-5"));
}

TEST(OptionsTest, AllBehindTwoDashesAreArguments) {
  EXPECT_THAT(Parse({"call", "a:1", "--", "--alice", "Add"}).arguments,
              ElementsAre("a:1", "--alice", "Add"));
}

TEST(OptionsTest, DashesInNamesAreUnderscores) {
  EXPECT_EQ(Parse({"list", "a:1", "--max-message=1KiB"}).max_message, 1024);
}

TEST(OptionsTest, SwitchesTakeTrueAndFalse) {
  EXPECT_FALSE(Parse({"list", "a:1", "--json=false"}).json);
  EXPECT_TRUE(Parse({"list", "a:1", "--json=true"}).json);
  EXPECT_THAT(Error({"list", "a:1", "--json=maybe"}), HasSubstr("true or false"));
}

TEST(OptionsTest, ATimeoutOfZeroIsNone) {
  EXPECT_EQ(Parse({"list", "a:1", "--timeout=0"}).timeout, absl::InfiniteDuration());
  EXPECT_THAT(Error({"list", "a:1", "--timeout=5"}), HasSubstr("500ms, 5s or 1m"));
  EXPECT_THAT(Error({"list", "a:1", "--timeout=-5s"}), HasSubstr("500ms, 5s or 1m"));
  EXPECT_THAT(Error({"list", "a:1", "--timeout"}), HasSubstr("--timeout needs a value"));
}

TEST(OptionsTest, SizesHaveUnitsAndABound) {
  EXPECT_EQ(Parse({"list", "a:1", "--max_message=1000"}).max_message, 1000);
  EXPECT_EQ(Parse({"list", "a:1", "--max_message=16MiB"}).max_message, 16 << 20);
  EXPECT_EQ(Parse({"list", "a:1", "--max_message=1GiB"}).max_message, 1 << 30);
  for (const char* bad : {"2GiB", "0", "-1", "1MB", "MiB", "99999999999999999999", ""}) {
    EXPECT_THAT(Error({"list", "a:1", std::string("--max_message=") + bad}),
                HasSubstr("64KiB or 16MiB"));
  }
}

TEST(OptionsTest, MetadataIsRepeatedAndChecked) {
  EXPECT_THAT(Parse({"list", "a:1", "--metadata=A=1", "--metadata=a=b=c", "--metadata=x-bin=aGk="})
                  .metadata,
              ElementsAre(Pair("a", "1"), Pair("a", "b=c"), Pair("x-bin", "hi")));
  for (const char* bad : {"a", "=v", "grpc-status=1", "a b=c", "\xc3\xa4=c"}) {
    EXPECT_THAT(Error({"list", "a:1", "--metadata", bad}), HasSubstr("KEY=VALUE"));
  }
  EXPECT_THAT(Error({"list", "a:1", "--metadata=a=\n"}), HasSubstr("printable ASCII"));
  EXPECT_THAT(Error({"list", "a:1", "--metadata=a-bin=%"}), HasSubstr("base64"));
}

TEST(OptionsTest, AnyTlsOptionTurnsTlsOn) {
  EXPECT_TRUE(Parse({"list", "a:1", "--tls"}).tls);
  EXPECT_TRUE(Parse({"list", "a:1", "--tls_ca=f"}).tls);
  EXPECT_TRUE(Parse({"list", "a:1", "--tls_name=n"}).tls);
  EXPECT_THAT(Error({"list", "a:1", "--tls_cert=f"}), HasSubstr("need each other"));
  EXPECT_THAT(Error({"list", "a:1", "--tls_ca="}), HasSubstr("needs a value"));
}

TEST(OptionsTest, UnknownWordsAreAnsweredWithWhatIsLikeThem) {
  EXPECT_THAT(Error({"lits", "a:1"}), HasSubstr("did you mean list?"));
  EXPECT_THAT(Error({"list", "a:1", "--sevices"}), HasSubstr("did you mean --services?"));
  EXPECT_THAT(Error({"frobnicate"}), ::testing::Not(HasSubstr("did you mean")));
  EXPECT_THAT(Error({"list", "-v"}), HasSubstr("there is no option -v"));
  EXPECT_THAT(Error({}), HasSubstr("which command?"));
}

TEST(OptionsTest, ACommandTakesItsOwnOptionsAndArguments) {
  EXPECT_THAT(Error({"list", "a:1", "--watch"}), HasSubstr("list takes no --watch"));
  EXPECT_THAT(Error({"list"}), HasSubstr("too few arguments; it is: troupe list ADDRESS"));
  EXPECT_THAT(Error({"list", "a:1", "b"}), HasSubstr("too many arguments"));
  EXPECT_THAT(Error({"completion", "bash", "--json"}), HasSubstr("completion takes no --json"));
}

TEST(OptionsTest, HelpNeedsNoArguments) {
  EXPECT_TRUE(Parse({"--help"}).help);
  EXPECT_TRUE(Parse({"-h"}).help);
  EXPECT_TRUE(Parse({"call", "--help"}).help);
  EXPECT_TRUE(Parse({"--version"}).version);
}

TEST(OptionsTest, TheHelpNamesEveryCommandAndOption) {
  for (const CommandInfo& command : Commands()) {
    EXPECT_THAT(Help(), HasSubstr("  " + std::string(command.name) + " "));
  }
  for (const OptionInfo& option : AllOptions()) {
    EXPECT_THAT(Help(), HasSubstr("--" + std::string(option.name)));
  }
}

}  // namespace
}  // namespace troupe::cli
