// Multiply-add with one rounding, by the C library; by wider numbers where that one is wrong: MinGW's rounds twice.
#pragma once
#include <cmath>
#include <cstring>

#if defined(__MINGW32__)

// The product is exact in numbers of twice as many bits. The sum is rounded to odd: to the neighbour whose last bit is
// 1 if it is not exact, so that the second rounding goes where the exact sum would (Boldo and Melquiond, "Emulation of
// FMA and correctly rounded sums", IEEE Transactions on Computers 57, 2008).
template <class Wide, class WideBits, class T>
T fusedIn(T a, T b, T c) {
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

inline float fused(float a, float b, float c) { return fusedIn<double, unsigned long long>(a, b, c); }
inline double fused(double a, double b, double c) { return fusedIn<__float128, unsigned __int128>(a, b, c); }

#else

inline float fused(float a, float b, float c) { return std::fma(a, b, c); }
inline double fused(double a, double b, double c) { return std::fma(a, b, c); }

#endif
