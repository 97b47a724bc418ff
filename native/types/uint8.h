// 8 bits, in blocks that share a scale, a power of 2 that fits the block's largest number: 4 bits of exponent and 4 of
// fraction, or, where numbers have signs, the sign and 3. The last code stands for infinity and NaN.
// Mirrors lib/types/uint8.ts line for line.
#pragma once
#include "minifloat.h"

template <bool isSigned>
struct UInt8 {
  static constexpr unsigned fraction = isSigned ? 3 : 4;
  static constexpr uint32_t last = isSigned ? 0x7f : 0xff;

  // Of a block whose largest finite number has these bits.
  static float scale(uint32_t largest) {
    // The last finite code has all bits of the fraction but one; what is larger needs the next exponent.
    const uint32_t exponent = (largest + (2u << Minifloat<fraction>::dropped) - 1) >> 23;
    constexpr uint32_t top = fraction + 14;
    return as<float>((exponent > top ? exponent - top : 1) << 23);
  }

  template <class V, class Bits>
  static V decode(Bits code, V scale) {
    const Bits magnitude = isSigned ? code & last : code;
    const Bits finite = as<Bits>(Minifloat<fraction>::template decode<V>(magnitude) * scale);
    const Bits number = magnitude == last ? Bits{} + 0x7f800000u : finite;
    return as<V>(isSigned ? number | (code & 0x80u) << 24 : number);
  }

  template <class V, class Bits>
  static Bits encode(V x, V inverseScale, const Rounding<Bits>& rounding) {
    const Bits bits = as<Bits>(x), magnitude = bits & 0x7fffffffu;
    const Bits code = Minifloat<fraction>::encode(as<V>(magnitude) * inverseScale, rounding);
    const Bits atMost = code < last ? code : Bits{} + last;
    // Where there are no signs, numbers are squares, to be divided by: of those above 0 none becomes 0.
    const Bits least = isSigned ? Bits{} : (magnitude > 0u ? Bits{} + 1u : Bits{});
    const Bits finite = atMost > least ? atMost : least;
    // The sign of a NaN is nobody's promise.
    return isSigned ? (x != x ? Bits{} + last : finite | (bits >> 24 & 0x80u)) : finite;
  }
};
