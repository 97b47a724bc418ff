// The streams of a tensor whose memory is of several types, one of them narrower than float32. A block at a time is
// decoded into the first cache, where it looks like one of float32, and encoded again. Mirrors lib/streams.ts.
#pragma once
#include "../types/bfloat16.h"
#include "../types/float16.h"
#include "../types/uint8.h"
#include "codes.h"

// Numbers of 16 bits.
template <class V>
[[gnu::always_inline]] inline V decode(const void* from, DataType type, size_t i, auto lanes) {
  const auto code = codes(static_cast<const uint16_t*>(from) + i, lanes);
  return type == DataType::bfloat16 ? BFloat16::decode<V>(code) : Float16::decode<V>(code);
}

class MixedStreams : public Codec {
  using L = Lanes<float>;
  using V = L::V;
  using Bits = L::Bits;

 public:
  // `uses` and `areSigned` have a bit for each state of the rule; `scalars` are those of Parameter.
  MixedStreams(const Piece& piece, Row row, unsigned uses, unsigned areSigned, const double* scalars)
      : Codec{[](Codec& codec, size_t from) -> const Piece& { return static_cast<MixedStreams&>(codec).decode(from); },
              [](Codec& codec) { static_cast<MixedStreams&>(codec).encode(); }},
        piece_(piece),
        uses_(uses),
        areSigned_(areSigned),
        on_{static_cast<unsigned>(row[kParameterSwitches])},
        scalars_(scalars) {
    for (unsigned stream = 0; stream <= kMaxStates; stream++)
      key_[stream] = streamKey(static_cast<uint32_t>(row[kRandomKey]), piece.tensor, stream);
    run_.type = run_.stateType = DataType::float32;
    run_.multiplier = piece.multiplier;
  }

  // A parameter that is remembered with fewer bits than it is computed with is rounded between its rule and what comes
  // after that: the sweep has to leave it out.
  bool updatesParametersApart() const { return on_.any() && roundsParameter(); }

 private:
  bool roundsParameter() const { return isNarrow(piece_.type) && !piece_.common[masterCopy]; }

  const Piece& decode(size_t begin) {
    begin_ = begin;
    run_.length = piece_.length - begin < kBlock ? piece_.length - begin : kBlock;
    run_.following = piece_.length - begin - run_.length;
    for (unsigned k = 0; k < kSweptStates; k++)
      run_.common[k] = k == masterCopy ? nullptr : at<float>(piece_.common[k], begin);

    run_.parameter = at<float>(piece_.parameter, begin);
    run_.gradient = at<float>(piece_.gradient, begin);
    if (isNarrow(piece_.type)) {
      run_.parameter = values_[0];
      if (roundsParameter())
        decodeHalves(piece_.parameter, piece_.type, values_[0]);
      else
        run_.parameter = takeOver(at<float>(piece_.common[masterCopy], begin));
      if (!piece_.gradientIsFloat32) {
        decodeHalves(piece_.gradient, piece_.type, values_[1]);
        run_.gradient = values_[1];
      }
    }
    for (unsigned k = 0; k < kMaxStates; k++) run_.state[k] = uses(k) ? decodeState(k) : nullptr;
    return run_;
  }

  void encode() {
    for (unsigned k = 0; k < kMaxStates; k++)
      if (uses(k) && piece_.stateType != DataType::float32) encodeState(k);
    encodeParameter(roundsParameter());
    if (!updatesParametersApart()) return;
    decodeHalves(piece_.parameter, piece_.type, values_[0]);
    updateParameters();
    encodeParameter(false);
  }

  void updateParameters() {
    V c[Parameter::ScalarCount];
    for (unsigned k = 0; k < Parameter::ScalarCount; k++) c[k] = L::broadcast(static_cast<float>(scalars_[k]));
    float* averages = static_cast<float*>(run_.common[parameterAverage]);
    const bool averaged = on_(Parameter::averaged);
    eachVector<float>(run_.length, [&](size_t i, auto lanes) {
      V p = L::load(values_[0] + i, lanes), average = averaged ? L::load(averages + i, lanes) : V{};
      Parameter::update(p, average, c, on_);
      L::store(values_[0] + i, p, lanes);
      if (averaged) L::store(averages + i, average, lanes);
    });
  }

  // Rounds at random, or to the nearest: where there is a float32 copy, or no more bits than are kept.
  void encodeParameter(bool atRandom) const {
    if (piece_.type == DataType::bfloat16) encodeHalves<BFloat16>(piece_.parameter, 0, run_.parameter, atRandom);
    if (piece_.type == DataType::float16) encodeHalves<Float16>(piece_.parameter, 0, run_.parameter, atRandom);
  }

  static bool isNarrow(DataType type) { return type != DataType::float32; }
  bool uses(unsigned k) const { return uses_ & bit(k); }

  // Where there is a float32 copy it holds the parameter, unless somebody has written to the parameter since.
  float* takeOver(float* copy) const {
    piece_.type == DataType::bfloat16 ? takeOver<BFloat16>(copy) : takeOver<Float16>(copy);
    return copy;
  }
  template <class Type>
  void takeOver(float* copy) const {
    const uint16_t* parameter = at<uint16_t>(piece_.parameter, begin_);
    eachVector<float>(run_.length, [&](size_t i, auto lanes) {
      const Bits code = codes(parameter + i, lanes);
      const V own = Type::template decode<V>(code), kept = L::load(copy + i, lanes);
      L::store(copy + i, Type::encode(kept, nearest()) == code ? kept : own, lanes);
    });
  }

  float* decodeState(unsigned k) {
    if (piece_.stateType == DataType::float32) return at<float>(piece_.state[k], begin_);
    float* to = values_[2 + k];
    if (piece_.stateType == DataType::bfloat16)
      decodeHalves(piece_.state[k], piece_.stateType, to);
    else
      areSigned_& bit(k) ? decodeBytes<UInt8<true>>(k, to) : decodeBytes<UInt8<false>>(k, to);
    return to;
  }

  void encodeState(unsigned k) const {
    if (piece_.stateType == DataType::bfloat16)
      encodeHalves<BFloat16>(piece_.state[k], 1 + k, run_.state[k], true);
    else
      areSigned_& bit(k) ? encodeBytes<UInt8<true>>(k) : encodeBytes<UInt8<false>>(k);
  }

  [[gnu::noinline]] void decodeHalves(const void* from, DataType type, float* to) const {
    eachVector<float>(run_.length, [&](size_t i, auto lanes) {
      prefetch(static_cast<const uint16_t*>(from) + begin_ + i);
      L::store(to + i, ::decode<V>(from, type, begin_ + i, lanes), All{});
    });
  }

  template <class Type>
  [[gnu::noinline]] void decodeBytes(unsigned k, float* to) const {
    const uint8_t* from = at<uint8_t>(piece_.state[k], begin_);
    const V scale = L::broadcast(piece_.scale[k][begin_ / kBlock]);
    eachVector<float>(run_.length, [&](size_t i, auto lanes) {
      prefetch(from + i);
      L::store(to + i, Type::template decode<V>(codes(from + i, lanes), scale), All{});
    });
  }

  template <class Type>
  [[gnu::noinline]] void encodeBytes(unsigned k) const {
    uint8_t* to = at<uint8_t>(piece_.state[k], begin_);
    const float* from = values_[2 + k];
    const float scale = Type::scale(largestFinite(from, run_.length));
    piece_.scale[k][begin_ / kBlock] = scale;
    const V inverse = L::broadcast(1 / scale);
    const uint32_t key = blockKey(1 + k);
    eachVector<float>(run_.length, [&](size_t i, auto lanes) {
      setCodes(to + i, Type::encode(L::load(from + i, All{}), inverse, randomly(key, i)), lanes);
    });
  }

  template <class Type>
  [[gnu::noinline]] void encodeHalves(void* memory, unsigned stream, const void* run, bool atRandom) const {
    uint16_t* to = at<uint16_t>(memory, begin_);
    const float* from = static_cast<const float*>(run);
    const uint32_t key = blockKey(stream);
    eachVector<float>(run_.length, [&](size_t i, auto lanes) {
      const V x = L::load(from + i, lanes);
      setCodes(to + i, Type::encode(x, atRandom ? randomly(key, i) : nearest()), lanes);
    });
  }

  // Asks for what will be decoded in a while; nothing beyond the piece, which belongs to another thread.
  template <class Code>
  [[gnu::always_inline]] void prefetch(const Code* code) const {
    if (kPrefetches && run_.following >= kAhead) __builtin_prefetch(code + kAhead);
  }

  // The bits of the largest of all numbers that are not infinite, by magnitude.
  [[gnu::noinline]] static uint32_t largestFinite(const float* values, size_t length) {
    Bits largest{};
    size_t i = 0;
    for (; i + L::count <= length; i += L::count) {
      const Bits magnitude = as<Bits>(L::load(values + i, All{})) & 0x7fffffffu;
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

  uint32_t blockKey(unsigned stream) const {
    return hash(key_[stream] + piece_.block + static_cast<uint32_t>(begin_ / kBlock));
  }
  static Rounding<Bits> nearest() { return {true, Bits{}}; }

  static constexpr size_t kAhead = 2 * kBlock;

  const Piece piece_;
  const unsigned uses_, areSigned_;
  const Switches<0, 0> on_;
  const double* scalars_;
  uint32_t key_[1 + kMaxStates];
  size_t begin_ = 0;
  Piece run_{};
  // Not a multiple of a page apart: reads would wait for writes to other streams whose addresses end alike.
  alignas(64) float values_[2 + kMaxStates][kBlock + 32];
};
