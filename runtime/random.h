#ifndef TROUPE_RUNTIME_RANDOM_H_
#define TROUPE_RUNTIME_RANDOM_H_

#include <atomic>
#include <cstdint>

namespace troupe {

// The system's one seeded source of randomness. Owned by the actor system (or the test). Any thread
// may call; wait-free. The same seed gives the same sequence. NOT cryptographic: whoever sees
// outputs can compute the others, so never make a secret of them.
//
// SplitMix64: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA
// 2014.
class RandomSource {
 public:
  // Seed 0: unpredictable, 128 bits from std::random_device, so that two sources practically never
  // give the same 128 bits in a row (version 4 UUIDs are safe to make of two consecutive numbers).
  explicit RandomSource(uint64_t seed = 0);
  RandomSource(const RandomSource&) = delete;
  RandomSource& operator=(const RandomSource&) = delete;

  // Uniform over all 64 bits.
  uint64_t Next();
  // Uniform in [0, bound); 0 if bound is 0.
  uint64_t NextBelow(uint64_t bound);
  // Uniform in [0, 1).
  double NextDouble();

 private:
  uint64_t gamma_;  // the step, odd; constant
  std::atomic<uint64_t> state_;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_RANDOM_H_
