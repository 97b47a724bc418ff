// A vector whose lanes may be denormal. On some processors a multiplication, division or square root takes a hundred
// times as long when one of its numbers is, and parameters that get no gradient any more have denormal averages for
// ever. What they need is done here without such operations: a denormal number is an integer number of units of 2^-149,
// and 2^23 + x, rounded, has x rounded to an integer in its lowest bits. All else is left to the hardware, so that
// every bit is the same: test/careful-operations.cpp compares them.
#pragma once
#include "types/rounding.h"

namespace careful {

using V = Lanes<float>::V;
using Bits = Lanes<float>::Bits;

inline V magnitude(V x) { return as<V>(as<Bits>(x) & 0x7fffffffu); }
// 0 wraps around, and is large.
inline auto isDenormal(V x) { return (as<Bits>(x) & 0x7fffffffu) - 1u < 0x7fffffu; }
inline bool anyDenormal(V x) { return Lanes<float>::anyDenormal(x); }
inline V unitsOf(V x) { return toFloat(as<Bits>(x) & 0x7fffffu); }
// The denormal number of so many units, with a sign; given 2^23 units more.
inline V denormal(V units, Bits sign) { return as<V>((as<Bits>(units) - 0x4b000000u) | (sign & 0x80000000u)); }

struct Careful {
  V x;

  friend Careful operator-(Careful a) { return {-a.x}; }
  friend Careful operator+(Careful a, Careful b) { return {a.x + b.x}; }
  friend Careful operator-(Careful a, Careful b) { return {a.x - b.x}; }

  // Denormal b, |a| at most 1
  [[gnu::noinline]] friend SWEEP_CALL Careful operator*(Careful a, Careful b) {
    if (!anyDenormal(b.x)) return {a.x * b.x};
    const auto easy = isDenormal(b.x) & (magnitude(a.x) <= 1.0f);
    const V product = a.x * (easy ? V{} : b.x);
    const V units = fma(magnitude(a.x), unitsOf(b.x), V{} + 0x1p23f);
    return {easy ? denormal(units, as<Bits>(a.x) ^ as<Bits>(b.x)) : product};
  }

  // Denormal a, unless the quotient is denormal, too, or beyond 2^-49
  [[gnu::noinline]] friend SWEEP_CALL Careful operator/(Careful a, Careful b) {
    if (!anyDenormal(a.x)) return {a.x / b.x};
    const auto isSmall = isDenormal(a.x);
    const V quotient = (isSmall ? as<V>(as<Bits>(unitsOf(a.x)) | (as<Bits>(a.x) & 0x80000000u)) : a.x) / b.x;
    const V units = isSmall ? quotient : V{} + 0x1p23f;
    if (Lanes<float>::anyOutside(magnitude(units), 0x1p23f, 0x1p100f)) return {a.x / b.x};
    return {isSmall ? units * 0x1p-75f * 0x1p-74f : quotient};
  }

  // a * b too small to matter beside c: both are small, or a is as good as nothing beside an epsilon
  [[gnu::noinline]] friend SWEEP_CALL Careful fma(Careful a, Careful b, Careful c) {
    if (!anyDenormal(a.x) && !anyDenormal(b.x) && !anyDenormal(c.x)) return {fma(a.x, b.x, c.x)};
    const V sizeA = magnitude(a.x), sizeB = magnitude(b.x);
    const V sizeC = magnitude(c.x);
    const auto finite = (sizeA < __builtin_inff()) & (sizeB < __builtin_inff());
    const auto small = (sizeA == 0.0f) | (sizeB == 0.0f) | ((sizeA < 0x1p-76f) & (sizeB < 0x1p-76f)) |
                       ((sizeA < 0x1p-100f) & (sizeB < 0x1p24f) & (sizeC >= 0x1p-48f));
    const auto easy = finite & small & (c.x != 0.0f);
    const V sum = fma(easy ? V{} : a.x, easy ? V{} : b.x, easy ? V{} : c.x);
    return {easy ? c.x : sum};
  }

  // Denormal x
  [[gnu::noinline]] friend SWEEP_CALL Careful sqrt(Careful x) {
    if (!anyDenormal(x.x)) return {sqrt(x.x)};
    const auto easy = isDenormal(x.x) & (x.x > 0.0f);
    return {sqrt(easy ? unitsOf(x.x) * 2.0f : x.x) * (easy ? V{} + 0x1p-75f : V{} + 1.0f)};
  }

  // Denormal a; by a c that is the same in all lanes, and 1 when enough steps were made
  [[gnu::noinline]] friend SWEEP_CALL Careful divide(Careful a, Careful c, Careful reciprocal) {
    if (!anyDenormal(a.x)) return {divide(a.x, c.x, reciprocal.x)};
    return Lanes<float>::anyOutside(c.x, 1.0f, 1.0f) ? a / c : a;
  }

  // Denormal a on its way to b = 0
  [[gnu::noinline]] friend SWEEP_CALL Careful lerp(Careful a, Careful b, Careful weight) {
    if (!anyDenormal(a.x)) return {lerp(a.x, b.x, weight.x)};
    const auto easy = isDenormal(a.x) & (b.x == 0.0f) & (weight.x >= 0.0f) & (weight.x < 0.5f);
    const V units = unitsOf(a.x), rest = fma(-weight.x, units, units + 0x1p23f);
    return {easy ? denormal(rest, as<Bits>(a.x)) : lerp(easy ? V{} : a.x, b.x, weight.x)};
  }

  friend Careful abs(Careful a) { return {abs(a.x)}; }
  friend Careful maximum(Careful a, Careful b) { return {maximum(a.x, b.x)}; }
  friend Careful clamp(Careful x, Careful low, Careful high) { return {clamp(x.x, low.x, high.x)}; }
  friend Careful bySign(Careful a, Careful positive, Careful negative, Careful otherwise) {
    return {bySign(a.x, positive.x, negative.x, otherwise.x)};
  }
  friend Careful sign(Careful a) { return {sign(a.x)}; }
  friend Careful clampToZero(Careful a) { return {clampToZero(a.x)}; }
};

}  // namespace careful

using careful::Careful;
