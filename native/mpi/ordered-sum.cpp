#include "ordered-sum.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace {

constexpr size_t kBlock = 512;  // sums that stay in the first cache while all parts are added

void sumBlock(float* out, const std::vector<Array>& parts, size_t at, size_t count, bool mean) {
  double sums[kBlock];
  const auto* first = reinterpret_cast<const float*>(parts[0].data) + at;
  for (size_t i = 0; i < count; i++) sums[i] = first[i];
  for (size_t k = 1; k < parts.size(); k++) {
    const auto* part = reinterpret_cast<const float*>(parts[k].data) + at;
    for (size_t i = 0; i < count; i++) sums[i] += part[i];
  }
  const double n = mean ? static_cast<double>(parts.size()) : 1;
  for (size_t i = 0; i < count; i++) out[at + i] = static_cast<float>(sums[i] / n);
}

// x without its last 27 bits: its product with an integer of up to 27 bits is exact.
double head(double x) { return std::bit_cast<double>(std::bit_cast<uint64_t>(x) & ~((uint64_t{1} << 27) - 1)); }

void sumBlock(double* out, const std::vector<Array>& parts, size_t at, size_t count, bool mean) {
  double sums[kBlock], errors[kBlock];
  const auto* first = reinterpret_cast<const double*>(parts[0].data) + at;
  for (size_t i = 0; i < count; i++) sums[i] = first[i], errors[i] = 0;
  for (size_t k = 1; k < parts.size(); k++) {
    const auto* part = reinterpret_cast<const double*>(parts[k].data) + at;
    for (size_t i = 0; i < count; i++) {
      const double a = sums[i], b = part[i], sum = a + b, added = sum - a;
      errors[i] += (a - (sum - added)) + (b - added);
      sums[i] = sum;
    }
  }
  const double n = mean ? static_cast<double>(parts.size()) : 1;
  for (size_t i = 0; i < count; i++) {
    const double quotient = sums[i] / n, high = head(quotient), low = quotient - high;
    const double remainder = (sums[i] - high * n) - low * n;
    const double correction = (remainder + errors[i]) / n;
    // Nothing to add leaves the sign of zero; what is infinite or NaN has no error.
    const bool corrects = correction - correction == 0 && correction != 0;
    out[at + i] = corrects ? quotient + correction : quotient;
  }
}

template <class T>
void sumAll(const Array& out, const std::vector<Array>& parts, bool mean) {
  for (size_t at = 0; at < out.length; at += kBlock)
    sumBlock(reinterpret_cast<T*>(out.data), parts, at, std::min(kBlock, out.length - at), mean);
}

}  // namespace

void orderedSum(const Array& out, const std::vector<Array>& parts, bool mean) {
  if (out.type == ArrayType::float32)
    sumAll<float>(out, parts, mean);
  else
    sumAll<double>(out, parts, mean);
}
