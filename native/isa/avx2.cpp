// AVX2, FMA and F16C: x86-64-v3.
#include <immintrin.h>

#include <utility>

#include "isa.h"

namespace {

// A lane's mask is the sign of an integer: these give the first n lanes from a window into -1 ... -1 0 ... 0.
alignas(32) constexpr int32_t kMask32[] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
alignas(32) constexpr int64_t kMask64[] = {-1, -1, -1, -1, 0, 0, 0, 0};

inline __m256i window(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }

template <class T>
struct Lanes;

template <>
struct Lanes<float> {
  using V = __m256;
  static constexpr size_t count = 8;
  struct All {};
  static __m256i first(size_t n) { return window(kMask32 + count - n); }

  static V broadcast(float x) { return _mm256_set1_ps(x); }
  static V load(const float* from, All) { return _mm256_loadu_ps(from); }
  static V load(const float* from, __m256i lanes) { return _mm256_maskload_ps(from, lanes); }
  static void store(float* to, V x, All) { _mm256_storeu_ps(to, x); }
  static void store(float* to, V x, __m256i lanes) { _mm256_maskstore_ps(to, lanes, x); }
};

template <>
struct Lanes<double> {
  using V = __m256d;
  static constexpr size_t count = 4;
  struct All {};
  static __m256i first(size_t n) { return window(kMask64 + count - n); }

  static V broadcast(double x) { return _mm256_set1_pd(x); }
  static V load(const double* from, All) { return _mm256_loadu_pd(from); }
  static V load(const double* from, __m256i lanes) { return _mm256_maskload_pd(from, lanes); }
  static void store(double* to, V x, All) { _mm256_storeu_pd(to, x); }
  static void store(double* to, V x, __m256i lanes) { _mm256_maskstore_pd(to, lanes, x); }
};

inline __m256 fma(__m256 a, __m256 b, __m256 c) { return _mm256_fmadd_ps(a, b, c); }
inline __m256d fma(__m256d a, __m256d b, __m256d c) { return _mm256_fmadd_pd(a, b, c); }
inline __m256 sqrt(__m256 x) { return _mm256_sqrt_ps(x); }
inline __m256d sqrt(__m256d x) { return _mm256_sqrt_pd(x); }
inline __m256 divide(__m256 a, __m256 c, __m256) { return a / c; }
inline __m256d divide(__m256d a, __m256d c, __m256d) { return a / c; }

#include "../sweep.inl"

bool supported() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

}  // namespace

const Isa kAvx2 = {"avx2", supported, find};
