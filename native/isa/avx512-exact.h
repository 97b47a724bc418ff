// Square roots and quotients from fused multiply-adds, the same as the hardware's in every bit, for avx512.cpp.
// test/exact-operations.cpp proves it.

// Exact for x of at least 2^-102, 0, infinity, NaN and below 0: an estimate within 2^-14, one coupled Newton step for
// s = sqrt(x) and h = 1/(2 sqrt(x)) (Goldschmidt), and Markstein's correction by x - s*s, in which nothing underflows.
inline __m512 fusedSquareRoot(__m512 x) {
  // Not less than, so NaN counts as large: the others need care, because the residual may underflow.
  const __mmask16 large = _mm512_cmp_ps_mask(x, _mm512_set1_ps(0x1p-102f), _CMP_NLT_UQ);
  if (large != 0xffff && _mm512_mask_cmp_ps_mask(~large, x, _mm512_setzero_ps(), _CMP_NEQ_UQ)) return _mm512_sqrt_ps(x);

  const __m512 half = _mm512_set1_ps(0.5f);
  const __m512 y = _mm512_maskz_rsqrt14_ps(large, x);
  __m512 s = _mm512_mul_ps(x, y);
  __m512 h = _mm512_mul_ps(y, half);
  const __m512 r = _mm512_fnmadd_ps(h, s, half);
  s = _mm512_fmadd_ps(s, r, s);
  h = _mm512_fmadd_ps(h, r, h);
  s = _mm512_fmadd_ps(_mm512_maskz_fnmadd_ps(large, s, s, x), h, s);
  // Where x is 0 the root is 0, where it is infinite infinite, where it is negative NaN.
  return _mm512_fixupimm_ps(s, x, _mm512_set1_epi32(0x03530100), 0);
}

// a / c for a c that is the same in all lanes, and its rounded reciprocal: Markstein's correction of a * reciprocal.
// Exact where a is in [2^-76, 2^76) and c in [2^-24, 2^24): there nothing underflows in a - c*q. Adam's roots are
// there, unless they are 0, and mostly NAdam's squares.
inline __m512 fusedQuotient(__m512 a, __m512 c, __m512 reciprocal) {
  const auto outside = [](__m512 x, int exponent) {
    const __m512i least = _mm512_set1_epi32((127 - exponent) << 23), range = _mm512_set1_epi32(exponent << 24);
    return _mm512_cmpge_epu32_mask(_mm512_sub_epi32(_mm512_castps_si512(x), least), range);
  };
  if (outside(a, 76) | outside(c, 24)) return _mm512_div_ps(a, c);
  const __m512 q = _mm512_mul_ps(a, reciprocal);
  return _mm512_fmadd_ps(_mm512_fnmadd_ps(c, q, a), reciprocal, q);
}
