// AVX-512 F, BW, DQ, VL.
#include <immintrin.h>

#include <utility>

#include "isa.h"

namespace {

template <class T>
struct Lanes;

template <>
struct Lanes<float> {
  using V = __m512;
  static constexpr size_t count = 16;
  struct All {};
  static __mmask16 first(size_t n) { return static_cast<__mmask16>((1u << n) - 1); }

  static V broadcast(float x) { return _mm512_set1_ps(x); }
  static V load(const float* from, All) { return _mm512_loadu_ps(from); }
  static V load(const float* from, __mmask16 lanes) { return _mm512_maskz_loadu_ps(lanes, from); }
  static void store(float* to, V x, All) { _mm512_storeu_ps(to, x); }
  static void store(float* to, V x, __mmask16 lanes) { _mm512_mask_storeu_ps(to, lanes, x); }
};

template <>
struct Lanes<double> {
  using V = __m512d;
  static constexpr size_t count = 8;
  struct All {};
  static __mmask8 first(size_t n) { return static_cast<__mmask8>((1u << n) - 1); }

  static V broadcast(double x) { return _mm512_set1_pd(x); }
  static V load(const double* from, All) { return _mm512_loadu_pd(from); }
  static V load(const double* from, __mmask8 lanes) { return _mm512_maskz_loadu_pd(lanes, from); }
  static void store(double* to, V x, All) { _mm512_storeu_pd(to, x); }
  static void store(double* to, V x, __mmask8 lanes) { _mm512_mask_storeu_pd(to, lanes, x); }
};

inline __m512 fma(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
inline __m512d fma(__m512d a, __m512d b, __m512d c) { return _mm512_fmadd_pd(a, b, c); }
#include "avx512-exact.h"

inline __m512 sqrt(__m512 x) { return kSlowDivider ? fusedSquareRoot(x) : _mm512_sqrt_ps(x); }
inline __m512d sqrt(__m512d x) { return _mm512_sqrt_pd(x); }
inline __m512 divide(__m512 a, __m512 c, __m512 reciprocal) { return fusedQuotient(a, c, reciprocal); }
inline __m512d divide(__m512d a, __m512d c, __m512d) { return a / c; }

#include "../sweep.inl"

bool supported() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

}  // namespace

const Isa kAvx512 = {"avx512", supported, find};
