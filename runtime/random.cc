#include "runtime/random.h"

#include <bit>
#include <random>

#include "absl/numeric/int128.h"

namespace troupe {
namespace {

constexpr uint64_t kGoldenGamma = 0x9e3779b97f4a7c15;

uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// The paper's mixGamma: odd, and with enough changes between neighbouring bits to stir well.
uint64_t MixGamma(uint64_t z) {
  z = (z ^ (z >> 33)) * 0xff51afd7ed558ccd;
  z = (z ^ (z >> 33)) * 0xc4ceb9fe1a85ec53;
  z = (z ^ (z >> 33)) | 1;
  return std::popcount(z ^ (z >> 1)) < 24 ? z ^ 0xaaaaaaaaaaaaaaaa : z;
}

uint64_t Entropy() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

}  // namespace

RandomSource::RandomSource(uint64_t seed)
    : gamma_(seed != 0 ? kGoldenGamma : MixGamma(Entropy())),
      state_(seed != 0 ? seed : Entropy()) {}

uint64_t RandomSource::Next() {
  // relaxed: each caller only needs a value of its own.
  return Mix(state_.fetch_add(gamma_, std::memory_order_relaxed) + gamma_);
}

uint64_t RandomSource::NextBelow(uint64_t bound) {
  // The high half of the product; without rejection it is off by less than bound / 2^64.
  return absl::Uint128High64(absl::uint128(Next()) * bound);
}

double RandomSource::NextDouble() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

}  // namespace troupe
