// Operations on vectors (and on plain numbers) that follow from the compiler's own operators and from fma.
#pragma once

// a + weight * (b - a), rounded as PyTorch's lerp: from the nearer end.
template <class V>
V lerp(V a, V b, V weight) {
  const auto nearA = (weight < 0.5f) & (weight > -0.5f);
  return fma(nearA ? weight : weight - 1.0f, b - a, nearA ? a : b);
}

// The larger one; NaN if either is.
template <class V>
V maximum(V a, V b) {
  return (a > b) | (a != a) ? a : b;
}

// 0 for negative numbers; NaN and -0 stay.
template <class V>
V clampToZero(V x) {
  return x < 0.0f ? V{} : x;
}
