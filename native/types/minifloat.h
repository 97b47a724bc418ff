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
    const Bits bits = as<Bits>(x);
    const Bits large = ((bits + rounding.below(dropped, bits)) >> dropped) - bias;
    const Bits small =
        rounding.nearest ? as<Bits>(x + 0x1p23f) & 0x7fffffu : truncate(x + toFloat(rounding.random >> 8) * 0x1p-24f);
    return bits < as<uint32_t>(static_cast<float>(1u << fraction)) ? small : large;
  }
};
