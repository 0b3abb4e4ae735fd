#include "node/address.h"

#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace troupe::internal {
namespace {

TEST(AddressTest, HostAndPort) {
  const auto address = Address::Parse("node-1.example.org:7000");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->host, "node-1.example.org");
  EXPECT_EQ(address->port, 7000);
  EXPECT_FALSE(address->is_unix());
}

TEST(AddressTest, AnIpv6AddressHasBrackets) {
  const auto address = Address::Parse("[2001:db8::1]:65535");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->host, "2001:db8::1");
  EXPECT_EQ(address->port, 65535);
}

TEST(AddressTest, UnixPaths) {
  const auto address = Address::Parse("unix:relative/a b.sock");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->path, "relative/a b.sock");
  EXPECT_TRUE(address->is_unix());
}

TEST(AddressTest, TextIsTheSameAfterARoundTrip) {
  for (const std::string text :
       {"localhost:0", "10.0.0.7:7000", "[::1]:1", "[::]:0", "unix:/run/node.sock"}) {
    const auto address = Address::Parse(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
  }
}

TEST(AddressTest, WhatIsNoAddressIsRefusedWithAnExample) {
  for (const std::string text :
       {"", "localhost", "localhost:", ":7000", "a b:1", "a:65536", "a:-1", "a:+1", "a:1x", "a: 1",
        "::1:7000", "[::1]", "[::1:7000", "[localhost]:1", "unix:", "http://a:1", "a/b:1"}) {
    const auto address = Address::Parse(text);
    EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_TRUE(absl::StrContains(address.status().message(), "10.0.0.7:7000")) << text;
  }
  EXPECT_FALSE(Address::Parse("unix:" + std::string(108, 'x')).ok());
  EXPECT_FALSE(Address::Parse(std::string(300, 'x') + ":1").ok());
  EXPECT_FALSE(Address::Parse(absl::string_view("unix:a\0b", 8)).ok());
}

TEST(AddressTest, LoopbackIsWhatStaysOnTheMachine) {
  for (const std::string text : {"127.0.0.1:1", "127.8.9.10:1", "localhost:1", "LocalHost:1",
                                 "[::1]:1", "[::ffff:127.0.0.1]:1", "unix:x"}) {
    EXPECT_TRUE(Address::Parse(text)->IsLoopback()) << text;
  }
  for (const std::string text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "localhost.example:1",
                                 "127.0.0.1.example:1", "[2001:db8::1]:1", "128.0.0.1:1"}) {
    EXPECT_FALSE(Address::Parse(text)->IsLoopback()) << text;
  }
}

}  // namespace
}  // namespace troupe::internal
