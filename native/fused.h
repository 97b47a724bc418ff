// Multiply-add with one rounding, by the C library, but for what some of them get wrong; by wider numbers in place of
// MinGW's, which rounds twice. Nothing has external linkage: the linker would share it.
#pragma once
#include <cmath>
#include <cstring>

#if defined(__MINGW32__)

// The product is exact in numbers of twice as many bits. The sum is rounded to odd: to the neighbour whose last bit is
// 1 if it is not exact, so that the second rounding goes where the exact sum would (Boldo and Melquiond, "Emulation of
// FMA and correctly rounded sums", IEEE Transactions on Computers 57, 2008).
template <class Wide, class WideBits, class T>
static T fusedIn(T a, T b, T c) {
  const Wide product = Wide(a) * Wide(b), addend = c;
  Wide sum = product + addend;
  const Wide part = sum - product, error = (product - (sum - part)) + (addend - part);
  if (error > 0 || error < 0) {
    WideBits bits;
    std::memcpy(&bits, &sum, sizeof bits);
    if (bits % 2 == 0) bits += (error > 0) == (sum > 0) ? 1 : -1;
    std::memcpy(&sum, &bits, sizeof bits);
  }
  return static_cast<T>(sum);
}

static inline float fused(float a, float b, float c) { return fusedIn<double, unsigned long long>(a, b, c); }
static inline double fused(double a, double b, double c) { return fusedIn<__float128, unsigned __int128>(a, b, c); }

#else

static inline float fused(float a, float b, float c) { return std::fma(a, b, c); }

// musl's adds c = 0 to the rounded product, and so takes the sign from one that is too small for a double.
static inline double fused(double a, double b, double c) {
  const bool isProduct = c == 0 && a != 0 && b != 0;
  return isProduct ? a * b : std::fma(a, b, c);
}

#endif
