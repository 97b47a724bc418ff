// All ranks, as the thread that speaks MPI knows them.
#pragma once
#include <mpi.h>

#include <cstddef>
#include <string>

struct World {
  // Two communicators, so that agreements never mix with the data of what was agreed on.
  MPI_Comm agreement = MPI_COMM_NULL, data = MPI_COMM_NULL;
  int rank = 0, size = 1;
  int tags = 1;  // so many can be told apart
  std::string host;
  // Messages have at most so many elements: MPI counts in int.
  size_t pieceLength = size_t{1} << 30;
};
