// The streams of what happens beside a sweep: gradients and parameters of any type, and states that belong to no rule.
#pragma once
#include "mixed.h"

template <class T>
class AroundStreams {
  using L = Lanes<T>;

 public:
  using V = typename L::V;
  explicit AroundStreams(const Piece& piece) : piece_(piece) {}

  bool gradientIsWide() const { return sizeof(T) == 8 || !isNarrow() || piece_.gradientIsFloat32; }
  [[gnu::always_inline]] V wideGradient(size_t i, auto lanes) const {
    return L::load(static_cast<const T*>(piece_.gradient) + i, lanes);
  }
  [[gnu::always_inline]] V gradient(size_t i, auto lanes) const {
    if constexpr (sizeof(T) == 4) {
      if (!gradientIsWide()) return decode<V>(piece_.gradient, piece_.type, i, lanes);
    }
    return wideGradient(i, lanes);
  }

  // Asks for the gradients of kNormLanes elements that a loop over nothing else will reach after 4 KB: in memory the
  // hardware alone is a third slower.
  [[gnu::always_inline]] void prefetchGradient(size_t i) const {
    const size_t size = gradientIsWide() ? sizeof(T) : sizeof(uint16_t);
    const char* next = static_cast<const char*>(piece_.gradient) + i * size + 4096;
    for (size_t line = 0; line < kNormLanes * size; line += 64) __builtin_prefetch(next + line);
  }

  [[gnu::always_inline]] void prefetchSample(size_t i) const {
    const size_t size = gradientIsWide() ? sizeof(T) : sizeof(uint16_t);
    __builtin_prefetch(static_cast<const char*>(piece_.gradient) + i * size, 0, 2);
  }

  [[gnu::always_inline]] V common(unsigned k, size_t i, auto lanes) const { return L::load(memory(k) + i, lanes); }
  [[gnu::always_inline]] void setCommon(unsigned k, size_t i, V x, auto lanes) const {
    L::store(memory(k) + i, x, lanes);
  }

  // As the caller finds it.
  [[gnu::always_inline]] V parameter(size_t i, auto lanes) const {
    if constexpr (sizeof(T) == 4) {
      if (isNarrow()) return decode<V>(piece_.parameter, piece_.type, i, lanes);
    }
    return L::load(static_cast<const T*>(piece_.parameter) + i, lanes);
  }

 private:
  bool isNarrow() const { return piece_.type == DataType::bfloat16 || piece_.type == DataType::float16; }
  T* memory(unsigned k) const { return static_cast<T*>(piece_.common[k]); }

  const Piece& piece_;
};
