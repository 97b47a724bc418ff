// Parts of pieces.
#pragma once
#include "isa/isa.h"

// The type in which a tensor of this type is computed, and that of the states that belong to no rule.
inline DataType wideOf(DataType type) { return type == DataType::float64 ? type : DataType::float32; }

// The elements of a piece from the one number, which begins a block where that matters, to the other.
Piece partOf(Piece piece, size_t from, size_t to);
