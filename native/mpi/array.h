// Memory of a typed array, and its type.
#pragma once
#include <mpi.h>

#include <cstddef>

enum class ArrayType { none, float32, float64, uint8 };

struct Array {
  ArrayType type = ArrayType::none;
  char* data = nullptr;
  size_t length = 0;

  size_t width() const { return type == ArrayType::float64 ? 8 : type == ArrayType::float32 ? 4 : 1; }
  MPI_Datatype mpiType() const {
    return type == ArrayType::float64 ? MPI_DOUBLE : type == ArrayType::float32 ? MPI_FLOAT : MPI_UINT8_T;
  }
  Array part(size_t offset, size_t count) const { return {type, data + offset * width(), count}; }
};
