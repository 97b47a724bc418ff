// Numbers from 0 up with an exponent and `fraction` bits below it, in units of the smallest one: a code below
// 2^fraction is that number, from there on the units double with every exponent. Mirrors lib/types/minifloat.ts line
// for line.
#pragma once
#include "rounding.h"

template <unsigned fraction>
struct Minifloat {
  static constexpr unsigned dropped = 23 - fraction;
  static constexpr uint32_t bias = (126 + fraction) << fraction;

  template <class V, class Bits>
  static V decode(Bits code) {
    return code < (1u << fraction) ? toFloat(code) : as<V>((code + bias) << dropped);
  }

  // x: at least 0. Those that are too large, infinity and NaN give a code that is too large.
  template <class V, class Bits>
  static Bits encode(V x, const Rounding<Bits>& rounding) {
    // Below 2^fraction the units no longer shrink: moved up to where they are the same, x has the code of a float.
    constexpr float least = 1u << fraction;
    const auto small = x < least;
    const Bits bits = as<Bits>(small ? x + least : x);
    const Bits code = ((bits + rounding.below(dropped, bits)) >> dropped) - bias;
    // That sum is itself rounded, to a unit of the random bits. To the nearest must be rounded once: where floats are
    // units.
    if (rounding.nearest) return small ? as<Bits>(x + 0x1p23f) - as<uint32_t>(0x1p23f) : code;
    return small ? code - (1u << fraction) : code;
  }
};
