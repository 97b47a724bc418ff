// Multiply-add with one rounding, for processors that may have no instruction for it. Those of the C libraries differ:
// glibc's uses the x87 registers, musl's loses the sign of products that are too small, MinGW's rounds twice. Nothing
// has external linkage: the linker would share it.
#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

namespace emulated {

using Wide = unsigned __int128;

// magnitude * 2^exponent, with the highest bit in place 125: a sum of two has room, and what is shifted out at the
// other end is far below the last place of a result.
struct Number {
  Wide magnitude;
  int exponent;
  bool negative;
};

static inline int lengthOf(Wide x) {
  const auto high = static_cast<uint64_t>(x >> 64);
  return high ? 128 - std::countl_zero(high) : 64 - std::countl_zero(static_cast<uint64_t>(x));
}

// To the right; the lowest bit says whether any that is lost was not 0.
static inline Wide shifted(Wide x, int places) {
  if (places == 0) return x;
  if (places > 127) return x != 0;
  return x >> places | (x << (128 - places) != 0);
}

static inline Number numberOf(Wide magnitude, int exponent, bool negative) {
  const int shift = 126 - lengthOf(magnitude);
  return {magnitude << shift, exponent - shift, negative};
}

// A finite number other than 0: an integer of 53 bits or fewer, and its exponent.
static inline std::pair<uint64_t, int> integerOf(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x), fraction = bits & ((uint64_t{1} << 52) - 1);
  const int exponent = static_cast<int>(bits >> 52 & 0x7ff);
  return exponent == 0 ? std::pair{fraction, -1074} : std::pair{fraction | uint64_t{1} << 52, exponent - 1075};
}

// To nearest, ties to even.
static inline double rounded(Number x) {
  const int last = std::max(x.exponent + lengthOf(x.magnitude) - 53, -1074);  // the exponent of the last place
  const int drop = last - x.exponent - 2;
  const Wide withTwoMore = drop > 0 ? shifted(x.magnitude, drop) : x.magnitude << -drop;
  const unsigned rest = static_cast<unsigned>(withTwoMore & 3);
  auto kept = static_cast<uint64_t>(withTwoMore >> 2);
  kept += rest == 3 || (rest == 2 && kept % 2 == 1);
  // The highest bit adds itself to the exponent, as does a carry out of the fraction.
  constexpr uint64_t infinity = uint64_t{0x7ff} << 52;
  const uint64_t bits = (static_cast<uint64_t>(last + 1074) << 52) + kept;
  return std::bit_cast<double>(std::min(bits, infinity) | static_cast<uint64_t>(x.negative) << 63);
}

static inline double fma(double a, double b, double c) {
  if (a == 0 || b == 0 || !std::isfinite(a) || !std::isfinite(b)) return a * b + c;
  if (!std::isfinite(c)) return c + c;  // a * b alone might overflow to the other infinity
  const auto [integerA, exponentA] = integerOf(a);
  const auto [integerB, exponentB] = integerOf(b);
  const bool negative = std::signbit(a) != std::signbit(b);
  Number x = numberOf(Wide{integerA} * integerB, exponentA + exponentB, negative);
  if (c == 0) return rounded(x);
  const auto [integerC, exponentC] = integerOf(c);
  Number y = numberOf(integerC, exponentC, std::signbit(c));
  if (x.exponent < y.exponent || (x.exponent == y.exponent && x.magnitude < y.magnitude)) std::swap(x, y);
  y.magnitude = shifted(y.magnitude, x.exponent - y.exponent);
  x.magnitude = x.negative == y.negative ? x.magnitude + y.magnitude : x.magnitude - y.magnitude;
  return x.magnitude == 0 ? 0.0 : rounded(x);
}

// The product is exact in float64. The sum is rounded to odd: to the neighbour whose last bit is 1 if it is not exact,
// so that the second rounding goes where the exact sum would (Boldo and Melquiond, "Emulation of FMA and correctly
// rounded sums", IEEE Transactions on Computers 57, 2008).
static inline float fma(float a, float b, float c) {
  const double product = double{a} * double{b}, addend = c, sum = product + addend;
  const double part = sum - product, error = (product - (sum - part)) + (addend - part);
  auto bits = std::bit_cast<uint64_t>(sum);
  if ((error > 0 || error < 0) && bits % 2 == 0) bits += (error > 0) == (sum > 0) ? 1 : -1;
  return static_cast<float>(std::bit_cast<double>(bits));
}

}  // namespace emulated
