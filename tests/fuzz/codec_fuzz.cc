// Feeds bytes to every kind of decoder. What is accepted must be writable again, and reading that
// gives the same bytes once more: the codec agrees with itself.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "runtime/codec.h"
#include "runtime/value.h"
#include "runtime/value_convert.h"
#include "tests/runtime/codec_test_types.h"

namespace troupe {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

template <typename... A>
void TryArguments(absl::string_view bytes) {
  const auto decoded = Decode<A...>(bytes);
  if (!decoded.ok()) return;
  std::string first;
  // A nesting that was readable is writable.
  Require(internal::EncodeArgumentTuple(kEncode, &first, *decoded).ok());
  const auto again = Decode<A...>(first);
  Require(again.ok());
  std::string second;
  Require(internal::EncodeArgumentTuple(kEncode, &second, *again).ok());
  Require(first == second);
}

template <typename T>
void TryConversions(const Value& value) {
  const absl::StatusOr<T> object = value.As<T>();
  if (object.ok()) Require(Value::From(*object).template As<T>().ok());
}

void TryValue(absl::string_view bytes) {
  const auto decoded = Decode<Value>(bytes);
  if (!decoded.ok()) return;
  const Value& value = std::get<0>(*decoded);
  Require(!value.ToString().empty());
  TryConversions<shop::Point>(value);
  TryConversions<shop::Tree>(value);
  TryConversions<shop::Containers>(value);
  TryConversions<std::map<std::string, std::variant<int8_t, uint64_t, std::string>>>(value);
  TryConversions<absl::StatusOr<std::vector<float>>>(value);
}

}  // namespace
}  // namespace troupe

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      troupe::TryArguments<shop::Containers>(bytes);
      break;
    case 1:
      troupe::TryArguments<troupe::Value>(bytes);
      troupe::TryValue(bytes);
      break;
    case 2:
      troupe::TryArguments<int8_t, std::string, absl::StatusOr<double>>(bytes);
      break;
    case 3:
      troupe::TryArguments<shop::Tree, std::vector<std::array<uint16_t, 2>>>(bytes);
      break;
    case 4:
      troupe::TryArguments<std::variant<std::monostate, bool, std::vector<troupe::AnyRef>>,
                           std::map<std::pair<int, bool>, shop::Point>>(bytes);
      break;
    case 5:
      troupe::TryArguments<absl::Time, absl::Duration, absl::Cord, shop::Url>(bytes);
      break;
  }
  return 0;
}
