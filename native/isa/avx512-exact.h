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
// Exact where a is 0 or the quotient in [2^-50, 2^50), and c in [2^-24, 2^24): there nothing underflows in a - c*q.
inline __m512 fusedQuotient(__m512 a, __m512 c, __m512 reciprocal) {
  constexpr int least = (127 - 50) << 23, range = 100 << 23, leastC = (127 - 24) << 23, rangeC = 48 << 23;
  const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
  const auto within = [&](__m512 x, int from, int count) {
    const __m512i bits = _mm512_and_si512(_mm512_castps_si512(x), magnitude);
    return _mm512_cmplt_epu32_mask(_mm512_sub_epi32(bits, _mm512_set1_epi32(from)), _mm512_set1_epi32(count));
  };
  const __m512 q = _mm512_mul_ps(a, reciprocal);
  const __mmask16 ordinary = within(q, least, range), zero = _mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_EQ_OQ);
  if (((ordinary | zero) & within(c, leastC, rangeC)) != 0xffff) return _mm512_div_ps(a, c);
  return _mm512_mask3_fmadd_ps(_mm512_fnmadd_ps(c, q, a), reciprocal, q, ordinary);
}
