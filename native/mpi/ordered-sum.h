// Sums and means whose bits depend on nothing but the numbers and their order.
#pragma once
#include <vector>

#include "array.h"

// out[i] = parts[0][i] + parts[1][i] + ..., or that divided by their number, for arrays of one type and length; `out`
// may be one of the parts. Sums of float32 are made in float64 and rounded once, which leaves the mean of equal numbers
// as it is. Sums of float64 carry the error of each addition along (Knuth's TwoSum), and the quotient its remainder.
void orderedSum(const Array& out, const std::vector<Array>& parts, bool mean);
