// Operations on vectors (and on plain numbers) that follow from the compiler's own operators, from fma and from divide.
#pragma once

template <class V>
struct Same {
  using Type = V;
};

// A hyperparameter: the same number in all lanes. Division by it is divide(a, value, reciprocal), which an instruction
// set may do without dividing.
template <class V>
struct Uniform {
  V value, reciprocal;

  operator V() const { return value; }
  friend V operator-(const Uniform& a) { return -a.value; }
  friend V operator+(V a, const Uniform& b) { return a + b.value; }
  friend V operator*(V a, const Uniform& b) { return a * b.value; }
  friend V operator*(const Uniform& a, V b) { return a.value * b; }
  friend V operator/(V a, const Uniform& b) { return divide(a, b.value, b.reciprocal); }
};

// a + weight * (b - a), rounded as PyTorch's lerp: from the nearer end.
template <class V>
V lerp(V a, V b, typename Same<V>::Type weight) {
  const auto nearA = (weight < 0.5f) & (weight > -0.5f);
  return fma(nearA ? weight : weight - 1.0f, b - a, nearA ? a : b);
}

// The larger one; NaN if either is.
template <class V>
V maximum(V a, typename Same<V>::Type b) {
  return ((a > b) | (a != a)) ? a : b;
}

// The nearest number between two limits; NaN stays. Either choice by itself is one instruction.
template <class V>
V clamp(V x, typename Same<V>::Type low, typename Same<V>::Type high) {
  const V above = x > low ? x : low;
  const V between = above < high ? above : high;
  return x == x ? between : x;
}

// One of three numbers, by the sign of x: 0 and NaN have none.
template <class V>
V bySign(V x, V positive, V negative, V otherwise) {
  return x > 0.0f ? positive : x < 0.0f ? negative : otherwise;
}

// 1, -1, or 0 for zeros and NaN.
template <class V>
V sign(V x) {
  return bySign(x, V{} + 1.0f, V{} - 1.0f, V{});
}

// Without the sign, of zeros too.
template <class V>
V abs(V x) {
  return x > 0.0f ? x : V{} - x;
}

// 0 for negative numbers; NaN and -0 stay.
template <class V>
V clampToZero(V x) {
  return x < 0.0f ? V{} : x;
}
