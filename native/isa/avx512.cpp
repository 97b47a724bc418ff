// AVX-512 F, BW, DQ, VL.
#include <immintrin.h>

#include <utility>

#include "isa.h"

namespace {

struct All {};

template <class T>
struct Lanes;

template <>
struct Lanes<float> {
  using V = __m512;
  static constexpr size_t count = 16;

  static V broadcast(float x) { return _mm512_set1_ps(x); }
  static V load(const float* from, All) { return _mm512_loadu_ps(from); }
  static V load(const float* from, size_t n) { return _mm512_maskz_loadu_ps(first(n), from); }
  static void store(float* to, V x, All) { _mm512_storeu_ps(to, x); }
  static void store(float* to, V x, size_t n) { _mm512_mask_storeu_ps(to, first(n), x); }

  using Bits = uint32_t __attribute__((vector_size(64)));
  static Bits places() { return Bits{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}; }
  static Bits widen(const uint16_t* from) {
    return (Bits)_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)from));
  }
  static Bits widen(const uint8_t* from) { return (Bits)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i*)from)); }
  static void narrow(uint16_t* to, Bits x) { _mm256_storeu_si256((__m256i*)to, _mm512_cvtepi32_epi16((__m512i)x)); }
  static void narrow(uint8_t* to, Bits x) { _mm_storeu_si128((__m128i*)to, _mm512_cvtepi32_epi8((__m512i)x)); }
  static bool anyDenormal(V x) { return _mm512_fpclass_ps_mask(x, 0x20) != 0; }
  static bool anyOutside(V x, float least, float most) {
    return (_mm512_cmp_ps_mask(x, broadcast(least), _CMP_NGE_UQ) |
            _mm512_cmp_ps_mask(x, broadcast(most), _CMP_NLE_UQ)) != 0;
  }
  static uint32_t largest(Bits x) { return _mm512_reduce_max_epu32((__m512i)x); }

 private:
  static __mmask16 first(size_t n) { return static_cast<__mmask16>((1u << n) - 1); }
};

inline __m512 toFloat(Lanes<float>::Bits x) { return _mm512_cvtepi32_ps((__m512i)x); }

inline __m512 fma(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
#include "avx512-exact.h"

inline __m512 sqrt(__m512 x) { return kSlowDivider ? fusedSquareRoot(x) : _mm512_sqrt_ps(x); }
inline __m512 divide(__m512 a, __m512 c, __m512 reciprocal) { return fusedQuotient(a, c, reciprocal); }

constexpr bool kSpecialize = true, kMeetsSlowDenormals = true;

#include "../sweep.inl"

// All that is rare, or no faster with 512 bits, is left to AVX2, which each of these processors has.
Sweep findFloat64(unsigned rule, Row row) { return kAvx2.findFloat64(rule, row); }
const Around& around() { return kAvx2.around(); }

bool supported() { return kProcessor.avx512; }

}  // namespace

const Isa kAvx512 = {"avx512", supported, find<float>, findFloat64, sweepMixed, around};
