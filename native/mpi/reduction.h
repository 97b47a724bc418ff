// What ranks have together, from what each of them has: bits that depend on nothing but the numbers and their order.
#pragma once
#include <vector>

#include "array.h"

// Their order is that of `operations` in lib/mpi/binding.ts.
enum class Operation { sum, mean, min, max };

// out[i] = operation(parts[0][i], parts[1][i], ...) for arrays of one type and length; `out` may be one of the parts.
// Sums of float32 are made in float64 and rounded once, which leaves the mean of equal numbers as it is. Sums of
// float64 carry the error of each addition along (Knuth's TwoSum), and their quotient its remainder, to the same end.
void reduce(const Array& out, const std::vector<Array>& parts, Operation operation);
