// The streams of what happens around a sweep: gradients and parameters of any type, and states that belong to no rule.
#pragma once
#include "mixed.h"

template <class T>
class AroundStreams {
  using L = Lanes<T>;

 public:
  using V = typename L::V;
  explicit AroundStreams(const Piece& piece) : piece_(piece) {}

  [[gnu::always_inline]] V gradient(size_t i, auto lanes) const {
    if constexpr (sizeof(T) == 4) {
      if (isNarrow() && !piece_.gradientIsFloat32) return decode<V>(piece_.gradient, piece_.type, i, lanes);
    }
    return L::load(static_cast<const T*>(piece_.gradient) + i, lanes);
  }

  [[gnu::always_inline]] V common(unsigned k, size_t i, auto lanes) const { return L::load(memory(k) + i, lanes); }
  [[gnu::always_inline]] void setCommon(unsigned k, size_t i, V x, auto lanes) const {
    L::store(memory(k) + i, x, lanes);
  }

  // The float32 copy, where there is one.
  [[gnu::always_inline]] V parameter(size_t i, auto lanes) const {
    if constexpr (sizeof(T) == 4) {
      if (piece_.common[masterCopy]) return common(masterCopy, i, lanes);
    }
    return storedParameter(i, lanes);
  }

  // As the caller finds it.
  [[gnu::always_inline]] V storedParameter(size_t i, auto lanes) const {
    if constexpr (sizeof(T) == 4) {
      if (isNarrow()) return decode<V>(piece_.parameter, piece_.type, i, lanes);
    }
    return L::load(static_cast<const T*>(piece_.parameter) + i, lanes);
  }

  // Rounds to the nearest.
  [[gnu::always_inline]] void setParameter(size_t i, V x, auto lanes) const {
    if constexpr (sizeof(T) == 4) {
      if (piece_.common[masterCopy]) setCommon(masterCopy, i, x, lanes);
      if (isNarrow()) {
        const Rounding<Lanes<float>::Bits> nearest{true, Lanes<float>::Bits{}};
        const auto code =
            piece_.type == DataType::bfloat16 ? BFloat16::encode(x, nearest) : Float16::encode(x, nearest);
        return setCodes(static_cast<uint16_t*>(piece_.parameter) + i, code, lanes);
      }
    }
    L::store(static_cast<T*>(piece_.parameter) + i, x, lanes);
  }

 private:
  bool isNarrow() const { return piece_.type == DataType::bfloat16 || piece_.type == DataType::float16; }
  T* memory(unsigned k) const { return static_cast<T*>(piece_.common[k]); }

  const Piece& piece_;
};
