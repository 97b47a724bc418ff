// What a step has changed in a tensor, or in a chunk of it. Mirrors lib/report.ts.
#pragma once
#include <cstddef>

struct Change {
  // Sums of the squares of gradients, updates and parameters; NaN if one of the numbers is not finite.
  double gradient = 0, update = 0, parameter = 0;
  double zeroUpdates = 0;
  double largestRate = 0;  // NaN if any rate is
};

// The larger rate; NaN if either is. Every instruction set has its own copy.
static inline double largerRate(double rate, double largest) {
  return ((rate > largest) | (rate != rate)) ? rate : largest;
}

// How many numbers a report has for each tensor: the norms, the fraction and the rate.
constexpr size_t kReportWidth = 5;
