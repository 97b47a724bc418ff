// What ranks do together, as stages of tasks.
#pragma once
#include <vector>

#include "array.h"
#include "reduction.h"
#include "task.h"
#include "world.h"

// Their order is that of `kinds` in lib/mpi/binding.ts.
enum class Kind { barrier, allReduce, orderedAllReduce, reduceScatter, allGather, broadcast, exchange, finalize };

// `counts` says how many elements of the array are whose part; `option` is an operation or the root.
void prepare(Task& task, const World& world, Kind kind, const Array& array, const std::vector<size_t>& counts,
             unsigned option, int tag);

struct Segment {
  int peer;
  Array memory;
};
void prepareExchange(Task& task, const World& world, std::vector<Segment> sends, std::vector<Segment> receives,
                     int tag);
