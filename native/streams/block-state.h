// A state of type uint8. The scale of a block is known only when all its numbers are: they wait, and become codes while
// the next block is under way, in the time that the divider leaves.
#pragma once
#include "../types/uint8.h"
#include "codes.h"

class BlockState {
  using L = Lanes<float>;
  using V = L::V;

 public:
  // Begins the next block of a piece, which is whole unless it is the only one.
  template <class Type>
  void open(uint8_t* codes, float* scale, uint32_t key) {
    waiting_ = now_;
    if (waiting_.codes) setScale<Type>(waiting_, kBlock);
    now_ = {waiting_.values == values_[0] ? values_[1] : values_[0], codes, scale, key, L::broadcast(*scale)};
  }

  template <class Type>
  V load(size_t place, auto lanes) const {
    return Type::template decode<V>(codes(now_.codes + place, lanes), now_.factor);
  }

  template <class Type>
  void store(size_t place, V x, auto lanes) {
    L::store(now_.values + place, x, lanes);
    if (waiting_.codes) encode<Type>(waiting_, place, lanes);
  }

  // Ends the last block of a piece.
  template <class Type>
  [[gnu::noinline]] void close(size_t length) {
    setScale<Type>(now_, length);
    size_t place = 0;
    for (; place + L::count <= length; place += L::count) encode<Type>(now_, place, All{});
    if (place < length) encode<Type>(now_, place, length - place);
  }

 private:
  struct Block {
    float* values = nullptr;
    uint8_t* codes = nullptr;
    float* scale = nullptr;
    uint32_t key = 0;  // of its random bits
    V factor{};        // the scale, and when the new one is known its reciprocal
  };

  template <class Type>
  [[gnu::noinline]] static void setScale(Block& block, size_t length) {
    *block.scale = Type::scale(largestFinite(block.values, length));
    block.factor = L::broadcast(1 / *block.scale);
  }

  template <class Type>
  [[gnu::always_inline]] static void encode(const Block& block, size_t place, auto lanes) {
    const V x = L::load(block.values + place, lanes);
    setCodes(block.codes + place, Type::encode(x, block.factor, randomly(block.key, place)), lanes);
  }

  // The bits of the largest of all numbers that are not infinite, by magnitude.
  static uint32_t largestFinite(const float* values, size_t length) {
    L::Bits largest{};
    size_t i = 0;
    for (; i + L::count <= length; i += L::count) {
      const L::Bits magnitude = as<L::Bits>(L::load(values + i, All{})) & 0x7fffffffu;
      largest = magnitude > largest ? magnitude : largest;
    }
    uint32_t result = L::largest(largest);
    if (result >= 0x7f800000u) result = 0, i = 0;
    for (; i < length; i++) {
      const uint32_t magnitude = as<uint32_t>(values[i]) & 0x7fffffffu;
      if (magnitude < 0x7f800000u && magnitude > result) result = magnitude;
    }
    return result;
  }

  float values_[2][kBlock];
  Block now_, waiting_;
};
