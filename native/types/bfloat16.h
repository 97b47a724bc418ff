// bfloat16: the upper half of a float32. Mirrors lib/types/bfloat16.ts line for line.
#pragma once
#include "rounding.h"

struct BFloat16 {
  template <class V, class Bits>
  static V decode(Bits code) {
    return as<V>(code << 16);
  }

  template <class V, class Bits>
  static Bits encode(V x, const Rounding<Bits>& rounding) {
    const Bits bits = as<Bits>(x);
    const Bits rounded = (bits + rounding.below(16, bits)) >> 16;
    return x != x ? Bits{} + 0x7fc0u : rounded;
  }
};
