// The streams of a tensor whose memory is of several types, one of them narrower than float32: each is decoded as it is
// loaded and encoded as it is stored. Mirrors lib/streams.ts.
#pragma once
#include "../types/bfloat16.h"
#include "../types/float16.h"
#include "block-state.h"
#include "codes.h"

// The types of parameters and states: known to the compiler, for pieces of whole blocks, or looked at again and again.
template <DataType ofParameter, DataType ofState>
struct KnownTypes {
  static constexpr bool areKnown = true;
  KnownTypes(DataType, DataType) {}
  static constexpr DataType parameter() { return ofParameter; }
  static constexpr DataType state() { return ofState; }
};
struct AnyTypes {
  static constexpr bool areKnown = false;
  DataType ofParameter, ofState;
  DataType parameter() const { return ofParameter; }
  DataType state() const { return ofState; }
};

// Numbers of 16 bits.
template <class V>
[[gnu::always_inline]] inline V decode(const void* from, DataType type, size_t i, auto lanes) {
  const auto code = codes(static_cast<const uint16_t*>(from) + i, lanes);
  return type == DataType::bfloat16 ? BFloat16::decode<V>(code) : Float16::decode<V>(code);
}

template <class Rule, class Types>
class MixedStreams {
  using L = Lanes<float>;
  using Bits = L::Bits;

 public:
  using V = L::V;
  static V wrap(V x) { return x; }
  static constexpr bool isCareful = true;
  static constexpr bool wholeVectors = Types::areKnown;

  MixedStreams(const Piece& piece, Row row) : piece_(piece), types_{piece.type, piece.stateType} {
    for (unsigned stream = 0; stream <= Rule::StateCount; stream++)
      key_[stream] = streamKey(static_cast<uint32_t>(row[kRandomKey]), piece.tensor, stream);
  }

  // Reads what a block has in common, and tells where it ends.
  size_t open(size_t begin, auto ruleOn) {
    const size_t block = begin / kBlock;
    for (unsigned stream = 0; stream <= Rule::StateCount; stream++)
      blockKey_[stream] = hash(key_[stream] + piece_.block + static_cast<uint32_t>(block));
    begin_ = begin;
    if (types_.state() == DataType::uint8)
      forBlockStates(ruleOn, [&]<class Type>(Type, unsigned k) {
        blockState_[k].template open<Type>(static_cast<uint8_t*>(piece_.state[k]) + begin, piece_.scale[k] + block,
                                           blockKey_[1 + k]);
      });
    return Types::areKnown || begin + kBlock < piece_.length ? begin + kBlock : piece_.length;
  }

  void close(size_t begin, size_t end, auto ruleOn) {
    if (types_.state() == DataType::uint8 && end == piece_.length)
      forBlockStates(ruleOn, [&]<class Type>(Type, unsigned k) { blockState_[k].template close<Type>(end - begin); });
  }

  size_t head(size_t) const { return 0; }

  [[gnu::always_inline]] void prefetch(size_t i, auto on) const {
    const size_t next = i + 512;
    if (L::count == 1 || next >= piece_.length) return;
    const size_t at = next * sizeOf(types_.parameter());
    __builtin_prefetch(static_cast<const char*>(piece_.gradient) + at);
    __builtin_prefetch(static_cast<const char*>(piece_.parameter) + at);
    if (master()) __builtin_prefetch(master() + next);
    for (unsigned k = 0; k < Rule::StateCount; k++)
      if (Rule::uses(k, on.rule))
        __builtin_prefetch(static_cast<const char*>(piece_.state[k]) + next * sizeOf(types_.state()));
  }

  // Where there is a float32 copy it holds the parameter, unless somebody has written to the parameter since.
  [[gnu::always_inline]] V parameter(size_t i, auto lanes) const {
    switch (types_.parameter()) {
      case DataType::bfloat16:
        return parameterOf<BFloat16>(i, lanes);
      case DataType::float16:
        return parameterOf<Float16>(i, lanes);
      default:
        return L::load(static_cast<const float*>(piece_.parameter) + i, lanes);
    }
  }

  [[gnu::always_inline]] V gradient(size_t i, auto lanes) const {
    if (types_.parameter() == DataType::float32 || piece_.gradientIsFloat32)
      return L::load(static_cast<const float*>(piece_.gradient) + i, lanes);
    return decode<V>(piece_.gradient, types_.parameter(), i, lanes);
  }

  [[gnu::always_inline]] V state(unsigned k, size_t i, auto lanes) const {
    switch (types_.state()) {
      case DataType::bfloat16:
        return BFloat16::decode<V>(codes(static_cast<const uint16_t*>(piece_.state[k]) + i, lanes));
      case DataType::uint8:
        return ofType(k, [&]<class Type>(Type) { return blockState_[k].template load<Type>(i - begin_, lanes); });
      default:
        return L::load(static_cast<const float*>(piece_.state[k]) + i, lanes);
    }
  }

  [[gnu::always_inline]] V common(unsigned k, size_t i, auto lanes) const {
    return L::load(static_cast<const float*>(piece_.common[k]) + i, lanes);
  }
  [[gnu::always_inline]] void setCommon(unsigned k, size_t i, V x, auto lanes) const {
    L::store(static_cast<float*>(piece_.common[k]) + i, x, lanes);
  }

  [[gnu::always_inline]] void setParameter(size_t i, V x, auto lanes) const {
    setParameter(i, x, lanes, roundingAt(i));
  }

  // A number as it is remembered: rounded, unless there is a float32 copy.
  [[gnu::always_inline]] V stored(size_t i, V x) const {
    if (master()) return x;
    switch (types_.parameter()) {
      case DataType::bfloat16:
        return BFloat16::decode<V>(BFloat16::encode(x, roundingAt(i)));
      case DataType::float16:
        return Float16::decode<V>(Float16::encode(x, roundingAt(i)));
      default:
        return x;
    }
  }

  // Takes a number that was so rounded already.
  [[gnu::always_inline]] void setStored(size_t i, V x, auto lanes) const { setParameter(i, x, lanes, nearest()); }

  [[gnu::always_inline]] void setState(unsigned k, size_t i, V x, auto lanes) {
    switch (types_.state()) {
      case DataType::bfloat16:
        return setCodes(static_cast<uint16_t*>(piece_.state[k]) + i,
                        BFloat16::encode(x, randomly(blockKey_[1 + k], i - begin_)), lanes);
      case DataType::uint8:
        return ofType(k, [&]<class Type>(Type) { blockState_[k].template store<Type>(i - begin_, x, lanes); });
      default:
        return L::store(static_cast<float*>(piece_.state[k]) + i, x, lanes);
    }
  }

 private:
  // Calls f with the type of the k-th state, if it is uint8.
  [[gnu::always_inline]] static auto ofType(unsigned k, auto f) {
    return Rule::isSigned(k) ? f(UInt8<true>{}) : f(UInt8<false>{});
  }
  [[gnu::always_inline]] static void forBlockStates(auto ruleOn, auto f) {
    for (unsigned k = 0; k < Rule::StateCount; k++)
      if (Rule::uses(k, ruleOn)) ofType(k, [&](auto type) { f(type, k); });
  }

  static Rounding<Bits> nearest() { return {true, Bits{}}; }
  [[gnu::always_inline]] Rounding<Bits> roundingAt(size_t i) const {
    return master() ? nearest() : randomly(blockKey_[0], i - begin_);
  }

  [[gnu::always_inline]] void setParameter(size_t i, V x, auto lanes, Rounding<Bits> rounding) const {
    if (master()) L::store(master() + i, x, lanes);
    switch (types_.parameter()) {
      case DataType::bfloat16:
        return setCodes(static_cast<uint16_t*>(piece_.parameter) + i, BFloat16::encode(x, rounding), lanes);
      case DataType::float16:
        return setCodes(static_cast<uint16_t*>(piece_.parameter) + i, Float16::encode(x, rounding), lanes);
      default:
        return L::store(static_cast<float*>(piece_.parameter) + i, x, lanes);
    }
  }

  // The float32 copy of the parameters, if there is one: never of those that are float32 themselves.
  float* master() const {
    return types_.parameter() == DataType::float32 ? nullptr : static_cast<float*>(piece_.common[masterCopy]);
  }

  template <class Type>
  [[gnu::always_inline]] V parameterOf(size_t i, auto lanes) const {
    const Bits code = codes(static_cast<const uint16_t*>(piece_.parameter) + i, lanes);
    const V own = Type::template decode<V>(code);
    if (!master()) return own;
    const V copy = L::load(master() + i, lanes);
    return Type::encode(copy, nearest()) == code ? copy : own;
  }

  const Piece piece_;
  const Types types_;
  uint32_t key_[1 + Rule::StateCount], blockKey_[1 + Rule::StateCount];
  size_t begin_ = 0;
  BlockState blockState_[Rule::StateCount];
};
