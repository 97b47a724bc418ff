// The streams of a tensor whose memory is of several types, one of them narrower than float32: each is decoded as it is
// loaded and encoded as it is stored. Mirrors lib/streams.ts.
#pragma once
#include "../types/bfloat16.h"
#include "../types/float16.h"
#include "../types/uint8.h"

template <class Rule>
class MixedStreams {
  using L = Lanes<float>;
  using V = L::V;
  using Bits = L::Bits;

 public:
  MixedStreams(const Piece& piece, Row row) : piece_(piece) {
    for (unsigned stream = 0; stream <= Rule::StateCount; stream++)
      key_[stream] = streamKey(static_cast<uint32_t>(row[kRandomKey]), piece.tensor, stream);
  }

  // Reads what a block has in common, and tells where it ends.
  size_t open(size_t begin, auto ruleOn) {
    const size_t block = begin / kBlock;
    for (unsigned stream = 0; stream <= Rule::StateCount; stream++)
      blockKey_[stream] = hash(key_[stream] + piece_.block + static_cast<uint32_t>(block));
    if (piece_.stateType == DataType::uint8) {
      for (unsigned k = 0; k < Rule::StateCount; k++)
        if (Rule::uses(k, ruleOn)) scale_[k] = L::broadcast(piece_.scale[k][block]);
    }
    begin_ = begin;
    return begin + kBlock < piece_.length ? begin + kBlock : piece_.length;
  }

  // Encodes the states of a block whose scale is only known now.
  void close(size_t begin, size_t end, auto ruleOn) {
    if (piece_.stateType != DataType::uint8) return;
    for (unsigned k = 0; k < Rule::StateCount; k++) {
      if (!Rule::uses(k, ruleOn)) continue;
      Rule::isSigned(k) ? encodeBlock<UInt8<true>>(k, begin, end) : encodeBlock<UInt8<false>>(k, begin, end);
    }
  }

  size_t head(size_t) const { return 0; }

  [[gnu::always_inline]] void prefetch(size_t i, auto ruleOn) const {
    const size_t next = i + 1024;
    if (L::count == 1 || next >= piece_.length) return;
    const size_t at = next * sizeOf(piece_.type);
    __builtin_prefetch(static_cast<const char*>(piece_.gradient) + at);
    __builtin_prefetch(static_cast<const char*>(piece_.parameter) + at);
    if (piece_.master) __builtin_prefetch(piece_.master + next);
    for (unsigned k = 0; k < Rule::StateCount; k++)
      if (Rule::uses(k, ruleOn))
        __builtin_prefetch(static_cast<const char*>(piece_.state[k]) + next * sizeOf(piece_.stateType));
  }

  // Where there is a float32 copy it holds the parameter, unless somebody has written to the parameter since.
  [[gnu::always_inline]] V parameter(size_t i, auto lanes) const {
    switch (piece_.type) {
      case DataType::bfloat16:
        return parameterOf<BFloat16>(i, lanes);
      case DataType::float16:
        return parameterOf<Float16>(i, lanes);
      default:
        return L::load(static_cast<const float*>(piece_.parameter) + i, lanes);
    }
  }

  [[gnu::always_inline]] V gradient(size_t i, auto lanes) const {
    switch (piece_.type) {
      case DataType::bfloat16:
        return BFloat16::decode<V>(codes<uint16_t>(piece_.gradient, i, lanes));
      case DataType::float16:
        return Float16::decode<V>(codes<uint16_t>(piece_.gradient, i, lanes));
      default:
        return L::load(static_cast<const float*>(piece_.gradient) + i, lanes);
    }
  }

  [[gnu::always_inline]] V state(unsigned k, size_t i, auto lanes) const {
    switch (piece_.stateType) {
      case DataType::bfloat16:
        return BFloat16::decode<V>(codes<uint16_t>(piece_.state[k], i, lanes));
      case DataType::uint8: {
        const Bits code = codes<uint8_t>(piece_.state[k], i, lanes);
        return Rule::isSigned(k) ? UInt8<true>::decode<V>(code, scale_[k]) : UInt8<false>::decode<V>(code, scale_[k]);
      }
      default:
        return L::load(static_cast<const float*>(piece_.state[k]) + i, lanes);
    }
  }

  [[gnu::always_inline]] void setParameter(size_t i, V x, auto lanes) const {
    if (piece_.master) L::store(piece_.master + i, x, lanes);
    const Rounding<Bits> rounding = roundingOf(0, i, piece_.master != nullptr);
    switch (piece_.type) {
      case DataType::bfloat16:
        return setCodes<uint16_t>(piece_.parameter, i, BFloat16::encode(x, rounding), lanes);
      case DataType::float16:
        return setCodes<uint16_t>(piece_.parameter, i, Float16::encode(x, rounding), lanes);
      default:
        return L::store(static_cast<float*>(piece_.parameter) + i, x, lanes);
    }
  }

  [[gnu::always_inline]] void setState(unsigned k, size_t i, V x, auto lanes) {
    switch (piece_.stateType) {
      case DataType::bfloat16:
        return setCodes<uint16_t>(piece_.state[k], i, BFloat16::encode(x, roundingOf(1 + k, i, false)), lanes);
      case DataType::uint8:
        return L::store(values_[k] + (i - begin_), x, lanes);
      default:
        return L::store(static_cast<float*>(piece_.state[k]) + i, x, lanes);
    }
  }

 private:
  // Codes of a few lanes only go through a whole vector of them.
  template <class Code>
  static Bits codes(const void* data, size_t i, All) {
    return L::widen(static_cast<const Code*>(data) + i);
  }
  template <class Code>
  static Bits codes(const void* data, size_t i, size_t lanes) {
    Code vector[L::count] = {};
    for (size_t lane = 0; lane < lanes; lane++) vector[lane] = (static_cast<const Code*>(data) + i)[lane];
    return L::widen(vector);
  }
  template <class Code>
  static void setCodes(void* data, size_t i, Bits codes, All) {
    L::narrow(static_cast<Code*>(data) + i, codes);
  }
  template <class Code>
  static void setCodes(void* data, size_t i, Bits codes, size_t lanes) {
    Code vector[L::count];
    L::narrow(vector, codes);
    for (size_t lane = 0; lane < lanes; lane++) (static_cast<Code*>(data) + i)[lane] = vector[lane];
  }

  Rounding<Bits> roundingOf(unsigned stream, size_t i, bool nearest) const {
    return {nearest, randomBits(blockKey_[stream], L::places() + static_cast<uint32_t>(i - begin_))};
  }

  template <class Type>
  [[gnu::always_inline]] V parameterOf(size_t i, auto lanes) const {
    const Bits code = codes<uint16_t>(piece_.parameter, i, lanes);
    const V own = Type::template decode<V>(code);
    if (!piece_.master) return own;
    const V master = L::load(piece_.master + i, lanes);
    return Type::encode(master, Rounding<Bits>{true, Bits{}}) == code ? master : own;
  }

  template <class Type>
  void encodeBlock(unsigned k, size_t begin, size_t end) {
    const float* const values = values_[k];
    Bits largest{};
    for (size_t i = begin; i < end; i += L::count) {
      const V x = end - i < L::count ? L::load(values + (i - begin), end - i) : L::load(values + (i - begin), All{});
      const Bits magnitude = as<Bits>(x) & 0x7fffffffu;
      largest = (magnitude < 0x7f800000u) & (magnitude > largest) ? magnitude : largest;
    }
    const float scale = Type::scale(L::largest(largest));
    piece_.scale[k][begin / kBlock] = scale;
    const V inverse = L::broadcast(1 / scale);
    const auto at = [&](size_t i, auto lanes) {
      const V x = L::load(values + (i - begin), lanes);
      setCodes<uint8_t>(piece_.state[k], i, Type::encode(x, inverse, roundingOf(1 + k, i, false)), lanes);
    };
    size_t i = begin;
    for (; i + L::count <= end; i += L::count) at(i, All{});
    if (i < end) at(i, end - i);
  }

  const Piece piece_;
  uint32_t key_[1 + Rule::StateCount], blockKey_[1 + Rule::StateCount];
  size_t begin_ = 0;
  V scale_[Rule::StateCount];
  float values_[Rule::StateCount][kBlock];  // of the states of a block that are of type uint8
};
