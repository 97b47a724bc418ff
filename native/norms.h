// From sums of squares to norms, and to what gradients are multiplied by. Mirrors lib/norms.ts.
#pragma once
#include <cmath>
#include <vector>

// NaN for a norm that is NaN, if there is a limit.
inline double toLimit(double norm, double limit) { return norm <= limit || std::isinf(limit) ? 1 : limit / norm; }

// @param first, end the numbers of the tensors that are looked at
// @param limits for each tensor the largest norm that it may keep
// @param norms that of all their gradients, then that of each tensor's
inline void clipNorms(const double* sums, const std::vector<double>& limits, size_t first, size_t end,
                      double globalLimit, double* norms, double* multipliers) {
  double whole = 0, rest = 0;
  for (size_t i = first; i < end; i++) {
    const double norm = std::sqrt(sums[i]);
    norms[1 + i] = norm;
    multipliers[i] = toLimit(norm, limits[i]);
    whole += sums[i];
    // A norm may be infinite: what clipping leaves of it is the limit.
    rest += norm > limits[i] ? limits[i] * limits[i] : sums[i];
  }
  norms[0] = std::sqrt(whole);
  const double ofAll = toLimit(std::sqrt(rest), globalLimit);
  for (size_t i = first; i < end; i++) multipliers[i] *= ofAll;
}
