// Proves that native/isa/avx512-exact.h computes what the hardware computes. The argument names one of the proofs at
// the end; each prints how many cases it tried, and how many of them came out otherwise.
#include <immintrin.h>

#include "../native/isa/avx512-exact.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <string>

#include "random.h"

namespace {

struct Count {
  uint64_t cases = 0, wrong = 0;
};

// Any NaN is as good as any other; zeros have signs.
void compare(__m512 found, __m512 expected, Count& count) {
  const __mmask16 sameNaN =
      _mm512_cmp_ps_mask(found, found, _CMP_UNORD_Q) & _mm512_cmp_ps_mask(expected, expected, _CMP_UNORD_Q);
  const __mmask16 otherBits = _mm512_cmpneq_epi32_mask(_mm512_castps_si512(found), _mm512_castps_si512(expected));
  count.cases += 16;
  count.wrong += std::popcount(static_cast<unsigned>(otherBits & ~sameNaN));
}

void compareRoot(__m512 x, Count& count) { compare(fusedSquareRoot(x), _mm512_sqrt_ps(x), count); }

void compareQuotient(__m512 a, __m512 c, Count& count) {
  compare(fusedQuotient(a, c, _mm512_div_ps(_mm512_set1_ps(1), c)), _mm512_div_ps(a, c), count);
}

uint32_t bitsOf(double value) { return std::bit_cast<uint32_t>(static_cast<float>(value)); }
float fromBits(uint64_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits)); }
float ulpsFrom(float x, int ulps) { return fromBits(std::bit_cast<uint32_t>(x) + ulps); }

// Sixteen numbers, one for each lane.
template <class Make>
__m512 lanes(Make make) {
  alignas(64) float values[16];
  for (int lane = 0; lane < 16; lane++) values[lane] = make(lane);
  return _mm512_load_ps(values);
}

// The values around which the two functions go different ways, and those that arithmetic treats in a way of their own.
template <class Visit>
void forSpecialValues(Visit visit) {
  using Limits = std::numeric_limits<float>;
  for (float sign : {1.0f, -1.0f}) {
    for (float x : {0.0f, Limits::denorm_min(), 0x1p-130f, 0x1p-128f, 0x1p-127f, 0x1.fffffcp-127f, Limits::max(),
                    Limits::infinity(), Limits::quiet_NaN(), Limits::signaling_NaN()})
      visit(sign * x);
    for (float x : {0x1p-126f, 0x1p-102f, 0x1p-74f, 0x1p-50f, 0x1p-24f, 1.0f, 3.0f, 0x1p24f, 0x1p50f, 0x1p74f, 0x1p126f,
                    0x1p127f})
      for (int ulps : {-1, 0, 1}) visit(sign * ulpsFrom(x, ulps));
  }
}

// Every one of the 2^32 inputs, and mixtures within a vector, which decide together which way they go.
Count squareRoots() {
  Count count;
  const __m512i steps = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  for (uint64_t bits = 0; bits < 1ull << 32; bits += 16)
    compareRoot(_mm512_castsi512_ps(_mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(bits)), steps)), count);
  forSpecialValues([&](float even) {
    forSpecialValues([&](float odd) { compareRoot(lanes([&](int lane) { return lane % 2 ? odd : even; }), count); });
  });
  return count;
}

// The last correction
float corrected(float x, float s, float h) { return std::fma(std::fma(-s, s, x), h, s); }

// Follows each estimate of 1/sqrt(x) within 2^-14 through all of the steps.
void followEstimates(float x, Count& count) {
  const double inverse = 1 / std::sqrt(static_cast<double>(x));
  for (uint32_t bits = bitsOf(inverse * (1 - 0x1p-14)); bits <= bitsOf(inverse * (1 + 0x1p-14)); bits++) {
    const float y = fromBits(bits), s = x * y, h = y * 0.5f, r = std::fma(-h, s, 0.5f);
    count.cases++;
    count.wrong += corrected(x, std::fma(s, r, s), std::fma(h, r, h)) != std::sqrt(x);
  }
}

// The square root does not hang on this processor's table of estimates: for every x in [1, 4), which stands for all
// from 2^-102 on (others are exact scalings by powers of 4), every pair (s, h) that any estimate within 2^-14 can lead
// to is corrected to the rounded root.
//
// From an estimate y = (1 + e) / sqrt(x), |e| <= 2^-14, and s0 = x y (1 + d), |d| <= 2^-24, the coupled step leads to
// s = sqrt(x) sqrt(1 + d) f(z) and h = f(z) / (2 sqrt(x) sqrt(1 + d)), where z = (1 + e)^2 (1 + d) and
// f(z) = sqrt(z) (3 - z) / 2, which is 1 - 3/8 (z - 1)^2 + 1/8 (z - 1)^3 - ... and thus at most 1; to this come the
// rounding of r = (1 - z) / 2, which is the `rounding` below, and one rounding of each result.
Count estimatesOfRoots() {
  constexpr double e = 0x1p-14, d = 0x1p-24;
  const double off = (1 + e) * (1 + e) * (1 + d) - 1;  // how far z may be from 1
  const double rounding = off / 2 * d * 1.01, least = 1 - 0.375 * off * off * 1.01 - 0.125 * off * off * off;
  const double sLow = std::sqrt(1 - d) * least - rounding, sHigh = std::sqrt(1 + d) + rounding;
  const double hLow = least / std::sqrt(1 + d) - rounding, hHigh = 1 / std::sqrt(1 - d) + rounding;
  Count count;
  for (uint32_t bits = bitsOf(1); bits < bitsOf(4); bits++) {
    const float x = fromBits(bits);
    const double root = std::sqrt(static_cast<double>(x));
    bool open = false;
    for (uint32_t s = bitsOf(root * sLow); s <= bitsOf(root * sHigh); s++)
      for (uint32_t h = bitsOf(0.5 / root * hLow); h <= bitsOf(0.5 / root * hHigh); h++, count.cases++)
        open |= corrected(x, fromBits(s), fromBits(h)) != std::sqrt(x);
    // The intervals are a little wider than what estimates lead to: two x need those one by one.
    if (open) followEstimates(x, count);
  }
  return count;
}

// The quotient a / c of any a and c in [1, 2). They stand for all in the domain, which are exact scalings of them by
// powers of two: nothing underflows, since the residual is a multiple of the last places of c and q, whose product is
// at least 2^-47 times a, 2^-123.
//
// Let Q = a / c, u the last place of its rounding, y = RN(1/c): |y - 1/c| <= 2^-25 and |c y - 1| < 2^-24.
// - q = RN(a y) has |q - Q| < 1.5 u: |a y - Q| = Q |c y - 1| < u, and the rounding is at most u/2.
// - r = RN(a - c q) is c (Q - q), which is below 3 u, up to a rounding of 2^-23 u.
// - q + r y = Q + (c y - 1) (Q - q) + (r's rounding) y is Q up to 1.5 * 2^-24 u + 2^-23 u = 3.5 * 2^-24 u.
// So its rounding can only differ from Q's if Q lies as close as that to a midpoint M between two floats.
//
// With a = A 2^-23 and c = C 2^-23, M is N 2^-m with N odd in (2^24, 2^25), m = 24 for Q >= 1 and m = 25 for Q < 1, and
// Q - M = K / (C 2^m) with the integer K = A 2^m - N C, never 0. One u is 2^(1-m), so |K| <= 7 C 2^-24 < 7.
// For each C and K, K = -N C modulo 2^m gives the few N, and they give A: all are tried.
Count quotientsNearMidpoints() {
  Count count;
  __m512 a = _mm512_set1_ps(1), c = a;  // lanes are filled one by one, those of the last vector not all anew
  unsigned filled = 0;
  const auto compareFilled = [&] {
    compareQuotient(a, c, count);
    // In the corners of the domain, to see that exponents make no difference
    for (float scaleA : {0x1p-76f, 0x1p75f})
      for (float scaleC : {0x1p-24f, 0x1p23f}) compareQuotient(a * scaleA, c * scaleC, count);
    filled = 0;
  };
  for (uint32_t C = 1 << 23; C < 1 << 24; C++) {
    const int zeros = std::countr_zero(C);
    const uint32_t odd = C >> zeros;
    uint32_t inverse = odd;  // modulo 2^3; each Newton step doubles the bits
    for (int step = 0; step < 4; step++) inverse *= 2 - odd * inverse;
    for (int K = -7; K <= 7; K++) {
      // N is odd, so K has as many factors of 2 as C.
      if (K == 0 || std::countr_zero(static_cast<unsigned>(K)) != zeros) continue;
      for (int m : {24, 25}) {
        const uint32_t modulus = 1u << (m - zeros), first = -static_cast<uint32_t>(K >> zeros) * inverse % modulus;
        for (uint64_t N = first; N < 1 << 25; N += modulus) {
          const uint64_t A = (N * C + K) >> m;
          if (N <= 1 << 24 || A < 1 << 23 || A >= 1 << 24 || (A >= C) != (m == 24)) continue;
          const __mmask16 lane = 1u << filled;
          a = _mm512_mask_mov_ps(a, lane, _mm512_set1_ps(static_cast<float>(A) * 0x1p-23f));
          c = _mm512_mask_mov_ps(c, lane, _mm512_set1_ps(static_cast<float>(C) * 0x1p-23f));
          if (++filled == 16) compareFilled();
        }
      }
    }
  }
  compareFilled();
  return count;
}

// Vectors with one divisor, as in use: inside the domain of the fused operations, at its edges and outside, where the
// hardware must divide.
Count quotientsOfAllKinds() {
  Count count;
  Random random;
  const auto randomWith = [&](uint32_t exponent) { return fromBits((random() & 0x807fffff) | exponent << 23); };

  forSpecialValues([&](float c) {
    forSpecialValues([&](float even) {
      forSpecialValues([&](float odd) {
        compareQuotient(lanes([&](int lane) { return lane % 2 ? odd : even; }), _mm512_set1_ps(c), count);
      });
    });
  });

  for (uint32_t exponentC = 0; exponentC < 256; exponentC++)
    for (uint32_t exponentA = 0; exponentA < 256; exponentA++)
      for (int repeat = 0; repeat < 8; repeat++)
        compareQuotient(lanes([&](int) { return randomWith(exponentA); }), _mm512_set1_ps(randomWith(exponentC)),
                        count);

  // At the edges of the domain: divisors near 2^-24 and 2^24 and between, dividends near 2^-76 and 2^76
  for (int exponentC = -25; exponentC <= 25; exponentC++)
    for (int ulpsC = -300; ulpsC < 300; ulpsC++) {
      const float c = ulpsFrom(std::ldexp(1.0f, exponentC), ulpsC);
      for (int exponentA : {-76, 0, 76})
        compareQuotient(lanes([&](int lane) { return ulpsFrom(std::ldexp(1.0f, exponentA), lane - 8); }),
                        _mm512_set1_ps(c), count);
    }

  // Anywhere in the domain
  const auto positive = [&](uint32_t exponents) {
    return std::fabs(randomWith(127 - exponents + random() % (2 * exponents)));
  };
  for (int i = 0; i < 1 << 24; i++)
    compareQuotient(lanes([&](int) { return positive(76); }), _mm512_set1_ps(positive(24)), count);
  return count;
}

const std::map<std::string, Count (*)()> kProofs = {{"square-roots", squareRoots},
                                                    {"estimates-of-roots", estimatesOfRoots},
                                                    {"quotients-near-midpoints", quotientsNearMidpoints},
                                                    {"quotients-of-all-kinds", quotientsOfAllKinds}};

}  // namespace

int main(int, char** arguments) {
  const Count count = kProofs.at(arguments[1])();
  std::printf("%llu cases, %llu wrong\n", static_cast<unsigned long long>(count.cases),
              static_cast<unsigned long long>(count.wrong));
  return count.wrong > 0;
}
