#include "reduction.h"

#include <algorithm>
#include <bit>
#include <cstdint>

// Compiled for wider vectors, too: the same operations, and so the same bits.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define RMSPROP_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define RMSPROP_WIDE
#endif

namespace {

// Two ways to the same bits, if the divisor is a power of 2. A division takes longer than all the rest.
struct Quotient {
  double divisor;
  double operator()(double x) const { return x / divisor; }
};
struct Product {
  double divisor, factor = 1 / divisor;
  double operator()(double x) const { return x * factor; }
};

constexpr size_t kBlock = 512;  // elements whose sums stay in the first cache while all parts are added

template <class T>
const T* numbers(const Array& array, size_t at) {
  return reinterpret_cast<const T*>(array.data) + at;
}

template <class T, class Combine>
[[gnu::always_inline]] inline void fold(double* folded, const std::vector<Array>& parts, size_t at, size_t count,
                                        Combine combine) {
  const T* first = numbers<T>(parts[0], at);
  for (size_t i = 0; i < count; i++) folded[i] = first[i];
  for (size_t k = 1; k < parts.size(); k++) {
    const T* part = numbers<T>(parts[k], at);
    for (size_t i = 0; i < count; i++) folded[i] = combine(folded[i], static_cast<double>(part[i]), i);
  }
}

template <class T>
[[gnu::always_inline]] inline void extreme(T* out, const std::vector<Array>& parts, size_t at, size_t count,
                                           bool largest) {
  double found[kBlock];
  if (largest)
    fold<T>(found, parts, at, count, [](double a, double b, size_t) { return b > a ? b : a; });
  else
    fold<T>(found, parts, at, count, [](double a, double b, size_t) { return b < a ? b : a; });
  for (size_t i = 0; i < count; i++) out[i] = static_cast<T>(found[i]);
}

template <class Divide>
[[gnu::always_inline]] inline void sum(float* out, const std::vector<Array>& parts, size_t at, size_t count,
                                       Divide divide) {
  double sums[kBlock];
  fold<float>(sums, parts, at, count, [](double a, double b, size_t) { return a + b; });
  for (size_t i = 0; i < count; i++) out[i] = static_cast<float>(divide(sums[i]));
}

// x without its last 27 bits: its product with an integer of up to 27 bits is exact.
inline double head(double x) { return std::bit_cast<double>(std::bit_cast<uint64_t>(x) & ~((uint64_t{1} << 27) - 1)); }

template <class Divide>
[[gnu::always_inline]] inline void sum(double* out, const std::vector<Array>& parts, size_t at, size_t count,
                                       Divide divide) {
  double sums[kBlock], errors[kBlock] = {};
  fold<double>(sums, parts, at, count, [&errors](double a, double b, size_t i) {
    const double sum = a + b, added = sum - a;
    errors[i] += (a - (sum - added)) + (b - added);
    return sum;
  });
  for (size_t i = 0; i < count; i++) {
    const double quotient = divide(sums[i]), high = head(quotient), low = quotient - high;
    const double remainder = (sums[i] - high * divide.divisor) - low * divide.divisor;
    const double correction = divide(remainder + errors[i]);
    // Nothing to add leaves the sign of zero; what is infinite or NaN has no error.
    const bool corrects = correction - correction == 0 && correction != 0;
    out[i] = corrects ? quotient + correction : quotient;
  }
}

template <class T>
[[gnu::always_inline]] inline void reduceAll(const Array& out, const std::vector<Array>& parts, Operation operation) {
  const size_t number = operation == Operation::mean ? parts.size() : 1;
  const auto divisor = static_cast<double>(number);
  for (size_t at = 0; at < out.length; at += kBlock) {
    const size_t count = std::min(kBlock, out.length - at);
    T* result = reinterpret_cast<T*>(out.data) + at;
    if (operation == Operation::min || operation == Operation::max)
      extreme<T>(result, parts, at, count, operation == Operation::max);
    else if (std::has_single_bit(number))
      sum(result, parts, at, count, Product{divisor});
    else
      sum(result, parts, at, count, Quotient{divisor});
  }
}

RMSPROP_WIDE void reduceFloat32(const Array& out, const std::vector<Array>& parts, Operation operation) {
  reduceAll<float>(out, parts, operation);
}
RMSPROP_WIDE void reduceFloat64(const Array& out, const std::vector<Array>& parts, Operation operation) {
  reduceAll<double>(out, parts, operation);
}

}  // namespace

void reduce(const Array& out, const std::vector<Array>& parts, Operation operation) {
  (out.type == ArrayType::float32 ? reduceFloat32 : reduceFloat64)(out, parts, operation);
}
