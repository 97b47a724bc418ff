// float16, IEEE 754's binary16. Mirrors lib/types/float16.ts line for line.
#pragma once
#include "minifloat.h"

struct Float16 {
  // Exact, so that an instruction set may have its own.
  template <class V, class Bits, class L = Lanes<float>>
  static V decode(Bits code) {
    if constexpr (requires { L::fromFloat16(code); }) return L::fromFloat16(code);
    const Bits magnitude = code & 0x7fffu;
    const Bits finite = as<Bits>(Minifloat<10>::decode<V>(magnitude) * 0x1p-24f);
    return as<V>((magnitude < 0x7c00u ? finite : (magnitude << 13) + 0x70000000u) | (code & 0x8000u) << 16);
  }

  template <class V, class Bits>
  static Bits encode(V x, const Rounding<Bits>& rounding) {
    const Bits bits = as<Bits>(x), magnitude = bits & 0x7fffffffu;
    const Bits code = Minifloat<10>::encode(as<V>(magnitude) * 0x1p24f, rounding);
    const Bits finite = code < 0x7c00u ? code : Bits{} + 0x7c00u;
    return x != x ? Bits{} + 0x7e00u : finite | (bits >> 16 & 0x8000u);
  }
};
