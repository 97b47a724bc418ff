// How a number becomes one of fewer bits: to the nearest, ties to even, or up with the probability that keeps the mean.
// Mirrors lib/types/rounding.ts line for line.
#pragma once

template <class To, class From>
To as(From x) {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, x);
}

template <class Bits>
struct Rounding {
  bool nearest;
  Bits random;

  // What to add to the bits of a number before the lowest `count` are dropped.
  Bits below(unsigned count, Bits bits) const {
    if (nearest) return ((1u << (count - 1)) - 1) + (bits >> count & 1u);
    return random & ((1u << count) - 1);
  }
};

// Mixes all bits of a number. Constants: lowbias32 of https://github.com/skeeto/hash-prospector
inline uint32_t hash(uint32_t x) {
  x = (x ^ x >> 16) * 0x7feb352du;
  x = (x ^ x >> 15) * 0x846ca68bu;
  return x ^ x >> 16;
}

// Tensors and streams in them have keys of their own: stream 0 is the parameter, then come the rule's states.
inline uint32_t streamKey(uint32_t key, uint32_t tensor, uint32_t stream) { return hash(key + tensor * 8 + stream); }

// The random bits of elements in a block: `counter` is kCount times their places in it, plus the block's key.
constexpr uint32_t kCount = 0x9e3779b1u;
template <class Bits>
Bits randomBits(Bits counter) {
  return (counter ^ counter >> 15) * 0x2c1b3c6du;
}
