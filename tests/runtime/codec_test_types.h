#ifndef TROUPE_TESTS_RUNTIME_CODEC_TEST_TYPES_H_
#define TROUPE_TESTS_RUNTIME_CODEC_TEST_TYPES_H_

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "runtime/any_ref.h"
#include "runtime/codec.h"
#include "runtime/codec_context.h"
#include "runtime/recipient.h"
#include "runtime/urn.h"
#include "runtime/value.h"

namespace shop {

enum class Color : int8_t { kRed = -1, kGreen = 0, kBlue = 5 };

struct Scalars {
  int8_t i8 = 0;
  uint64_t u64 = 0;
  bool flag = false;
  double number = 0;
  float small = 0;
  std::string text;
  troupe::Bytes bytes;
  Color color = Color::kGreen;

  friend bool operator==(const Scalars&, const Scalars&) = default;
};

// As troupe.test.Containers in codec_test.proto.
struct Containers {
  Scalars scalars;
  std::vector<int64_t> numbers;
  std::vector<std::string> words;
  std::map<std::string, int64_t> counts;
  std::optional<int64_t> maybe;
  std::vector<Scalars> many;
  std::vector<double> doubles;
  std::vector<std::vector<int64_t>> rows;
  std::variant<int64_t, std::string> choice;
  absl::Time time = absl::UnixEpoch();
  absl::Duration duration;

  friend bool operator==(const Containers&, const Containers&) = default;
};

struct Tree {
  int64_t value = 0;
  std::vector<Tree> children;

  friend bool operator==(const Tree&, const Tree&) = default;
};

struct Empty {
  friend bool operator==(const Empty&, const Empty&) = default;
};

// No aggregate: it has a constructor and a base.
struct Base {
  int64_t id = 0;
};
struct Point : Base {
  Point() = default;
  Point(int64_t x_value, double y_value) : x(x_value), y(y_value) {}
  int64_t x = 7;
  double y = 0;
  std::optional<std::string> label;

  friend bool operator==(const Point& a, const Point& b) {
    return a.id == b.id && a.x == b.x && a.y == b.y && a.label == b.label;
  }
};
TROUPE_STRUCT(Point, id, x, y, label)

// Travels as text.
class Url {
 public:
  Url() = default;
  explicit Url(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  friend bool operator==(const Url&, const Url&) = default;

 private:
  std::string text_;
};

}  // namespace shop

template <>
struct troupe::Codec<shop::Url> {
  using Wire = std::string;
  static Wire ToWire(const shop::Url& url) { return url.text(); }
  static absl::StatusOr<shop::Url> FromWire(Wire text) {
    if (text.find(' ') != std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat("no url: ", text));
    }
    return shop::Url(std::move(text));
  }
};

namespace troupe {

class FakeRecipient : public Recipient {
 public:
  explicit FakeRecipient(Urn urn) : Recipient(urn) {}
  SendResult Deliver(internal::Envelope*) override { return SendResult::kNotFound; }
  absl::string_view class_name() const override { return "Fake"; }
  internal::SystemCore& core() override { std::abort(); }  // no system in these tests
};

inline AnyRef MakeFakeRef(uint64_t number) {
  return AnyRef(RecipientPtr::Adopt(new FakeRecipient(Urn(0x1234, number))));
}

// A node where every reference lives at "host:1" in run 9; number 13 cannot travel.
class FakeTranslator : public internal::RefTranslator {
 public:
  absl::StatusOr<internal::RefParts> Describe(const AnyRef& ref) const override {
    if (ref.urn() == Urn(0x1234, 13)) return absl::FailedPreconditionError("13 stays here");
    return internal::RefParts{ref.urn(), std::string(ref.class_name()), "host:1", 9};
  }
  absl::StatusOr<AnyRef> Resolve(const internal::RefParts& parts) const override {
    if (parts.node_address != "host:1" || parts.incarnation != 9) {
      return absl::InvalidArgumentError("not from here");
    }
    return AnyRef(RecipientPtr::Adopt(new FakeRecipient(parts.urn)));
  }
};

inline const FakeTranslator kTranslator;
inline const internal::EncodeContext kEncode{&kTranslator};
inline const internal::DecodeContext kDecode{&kTranslator};

template <typename... A>
std::string Encode(const A&... args) {
  std::string out;
  const absl::Status status = internal::EncodeArguments(kEncode, &out, args...);
  return status.ok() ? out : absl::StrCat("not encoded: ", status.ToString());
}

template <typename... A>
absl::StatusOr<std::tuple<A...>> Decode(absl::string_view bytes) {
  return internal::DecodeArguments<A...>(kDecode, bytes);
}

inline shop::Scalars SampleScalars() {
  return {-128, UINT64_MAX, true, 0.1, -1.5f, "text", {"\xff\x00"}, shop::Color::kBlue};
}

inline shop::Containers SampleContainers() {
  shop::Containers sample;
  sample.scalars = SampleScalars();
  sample.numbers = {0, -1, 300, INT64_MIN, INT64_MAX};
  sample.words = {"", "one", std::string(300, 'x')};
  sample.counts = {{"", 0}, {"a", -5}};
  sample.maybe = 0;
  sample.many = {{}, SampleScalars()};
  sample.doubles = {1.5, -0.0};
  sample.rows = {{}, {1, 2}};
  sample.choice = "chosen";
  sample.time = absl::FromUnixSeconds(-5) + absl::Nanoseconds(7);
  sample.duration = absl::Milliseconds(-1500);
  return sample;
}

}  // namespace troupe

#endif  // TROUPE_TESTS_RUNTIME_CODEC_TEST_TYPES_H_
