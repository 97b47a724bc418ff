// AVX2, FMA and F16C: x86-64-v3.
#include <immintrin.h>

#include <utility>

#include "isa.h"

namespace {

struct All {};

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

  static V broadcast(float x) { return _mm256_set1_ps(x); }
  static V load(const float* from, All) { return _mm256_loadu_ps(from); }
  static V load(const float* from, size_t n) { return _mm256_maskload_ps(from, first(n)); }
  static void store(float* to, V x, All) { _mm256_storeu_ps(to, x); }
  static void store(float* to, V x, size_t n) { _mm256_maskstore_ps(to, first(n), x); }

  using Bits = uint32_t __attribute__((vector_size(32)));
  static Bits places() { return Bits{0, 1, 2, 3, 4, 5, 6, 7}; }
  static Bits widen(const uint16_t* from) { return (Bits)_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i*)from)); }
  static Bits widen(const uint8_t* from) { return (Bits)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)from)); }
  static void narrow(uint16_t* to, Bits x) { _mm_storeu_si128((__m128i*)to, narrowed(x)); }
  static void narrow(uint8_t* to, Bits x) {
    _mm_storel_epi64((__m128i*)to, _mm_packus_epi16(narrowed(x), _mm_setzero_si128()));
  }
  static V fromFloat16(Bits code) { return _mm256_cvtph_ps(narrowed(code)); }
  static bool anyDenormal(V x) {
    // 0 becomes -1, and no number is larger than the largest denormal one.
    const __m256i less = (__m256i)(((Bits)x & 0x7fffffffu) - 1u);
    const __m256i large = _mm256_cmpgt_epi32(_mm256_set1_epi32(0x7fffff), less);
    return _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_andnot_si256(less, large))) != 0;
  }
  static bool anyOutside(V x, float least, float most) {
    const V below = _mm256_cmp_ps(x, broadcast(least), _CMP_NGE_UQ),
            above = _mm256_cmp_ps(x, broadcast(most), _CMP_NLE_UQ);
    return _mm256_movemask_ps(_mm256_or_ps(below, above)) != 0;
  }
  static uint32_t largest(Bits x) {
    uint32_t largest = 0;
    for (size_t lane = 0; lane < count; lane++) largest = x[lane] > largest ? x[lane] : largest;
    return largest;
  }
  static void toDouble(V x, __m256d* to) {
    to[0] = _mm256_cvtps_pd(_mm256_castps256_ps128(x));
    to[1] = _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1));
  }

 private:
  static __m256i first(size_t n) { return window(kMask32 + count - n); }
  static __m128i narrowed(Bits x) {
    return _mm_packus_epi32(_mm256_castsi256_si128((__m256i)x), _mm256_extracti128_si256((__m256i)x, 1));
  }
};

template <>
struct Lanes<double> {
  using V = __m256d;
  static constexpr size_t count = 4;

  static V broadcast(double x) { return _mm256_set1_pd(x); }
  static V load(const double* from, All) { return _mm256_loadu_pd(from); }
  static V load(const double* from, size_t n) { return _mm256_maskload_pd(from, first(n)); }
  static void store(double* to, V x, All) { _mm256_storeu_pd(to, x); }
  static void store(double* to, V x, size_t n) { _mm256_maskstore_pd(to, first(n), x); }
  static void toDouble(V x, V* to) { *to = x; }

 private:
  static __m256i first(size_t n) { return window(kMask64 + count - n); }
};

inline __m256 toFloat(Lanes<float>::Bits x) { return _mm256_cvtepi32_ps((__m256i)x); }
inline __m256 fma(__m256 a, __m256 b, __m256 c) { return _mm256_fmadd_ps(a, b, c); }
inline __m256d fma(__m256d a, __m256d b, __m256d c) { return _mm256_fmadd_pd(a, b, c); }
inline __m256 sqrt(__m256 x) { return _mm256_sqrt_ps(x); }
inline __m256d sqrt(__m256d x) { return _mm256_sqrt_pd(x); }
inline __m256 divide(__m256 a, __m256 c, __m256) { return a / c; }
inline __m256d divide(__m256d a, __m256d c, __m256d) { return a / c; }

constexpr bool kSpecialize = true, kMeetsSlowDenormals = true;

#include "../sweep.inl"

#include "../around.inl"

bool supported() { return kProcessor.avx2; }

}  // namespace

const Isa kAvx2 = {"avx2", supported, find<float>, find<double>, sweepMixed, around};
