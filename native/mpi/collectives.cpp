#include "collectives.h"

#include <algorithm>
#include <numeric>

#include "ordered-sum.h"

namespace {

// Calls `start` for pieces that MPI can count.
template <class Start>
void inPieces(const World& world, const Array& array, Start start) {
  for (size_t at = 0; at < array.length; at += world.pieceLength)
    start(array.part(at, std::min(world.pieceLength, array.length - at)));
}

int countOf(const Array& piece) { return static_cast<int>(piece.length); }

// Between two ranks messages arrive in the order in which they are sent: one tag a task is enough.
void send(const World& world, Requests& requests, const Array& array, int to, int tag) {
  inPieces(world, array, [&](const Array& piece) {
    requests.start([&](MPI_Request* request) {
      return MPI_Isend(piece.data, countOf(piece), piece.mpiType(), to, tag, world.data, request);
    });
  });
}
void receive(const World& world, Requests& requests, const Array& array, int from, int tag) {
  inPieces(world, array, [&](const Array& piece) {
    requests.start([&](MPI_Request* request) {
      return MPI_Irecv(piece.data, countOf(piece), piece.mpiType(), from, tag, world.data, request);
    });
  });
}

void broadcast(const World& world, Requests& requests, const Array& array, int root) {
  inPieces(world, array, [&](const Array& piece) {
    requests.start([&](MPI_Request* request) {
      return MPI_Ibcast(piece.data, countOf(piece), piece.mpiType(), root, world.data, request);
    });
  });
}

MPI_Op mpiOperation(Operation operation) {
  return operation == Operation::min ? MPI_MIN : operation == Operation::max ? MPI_MAX : MPI_SUM;
}

template <class T>
void divide(const Array& array, int by) {
  auto* numbers = reinterpret_cast<T*>(array.data);
  for (size_t i = 0; i < array.length; i++) numbers[i] /= static_cast<T>(by);
}
void finish(const World& world, const Array& array, Operation operation) {
  if (operation != Operation::mean) return;
  if (array.type == ArrayType::float32)
    divide<float>(array, world.size);
  else
    divide<double>(array, world.size);
}

std::vector<Array> partsOf(const Array& array, const std::vector<size_t>& counts) {
  std::vector<Array> parts;
  size_t offset = 0;
  for (const size_t count : counts) {
    parts.push_back(array.part(offset, count));
    offset += count;
  }
  return parts;
}

// The other ranks, beginning with the next one: not all talk to the same one first.
template <class Visit>
void forOthers(const World& world, Visit visit) {
  for (int step = 1; step < world.size; step++) visit((world.rank + step) % world.size);
}

// Every rank gets the part that is its own from all others, and adds them up in the order of ranks.
void prepareOrderedSum(Task& task, const World& world, const std::vector<Array>& parts, bool mean, int tag) {
  const Array& own = parts[world.rank];
  task.scratch.reset(new char[own.length * own.width() * (world.size - 1)]);
  std::vector<Array> summands;
  for (int rank = 0; rank < world.size; rank++) {
    const size_t place = rank < world.rank ? rank : rank - 1;
    char* memory = task.scratch.get() + place * own.length * own.width();
    summands.push_back(rank == world.rank ? own : Array{own.type, memory, own.length});
  }
  task.stages.push_back([&world, parts, summands, tag](Requests& requests) {
    forOthers(world, [&](int rank) { receive(world, requests, summands[rank], rank, tag); });
    forOthers(world, [&](int rank) { send(world, requests, parts[rank], rank, tag); });
  });
  task.stages.push_back([own, summands, mean](Requests&) { orderedSum(own, summands, mean); });
}

// Not by a collective operation of MPI: those must begin in the same order on all ranks, and later stages do not.
void prepareGather(Task& task, const World& world, const std::vector<Array>& parts, int tag) {
  task.stages.push_back([&world, parts, tag](Requests& requests) {
    forOthers(world, [&](int rank) { receive(world, requests, parts[rank], rank, tag); });
    forOthers(world, [&](int rank) { send(world, requests, parts[world.rank], rank, tag); });
  });
}

void prepareAllReduce(Task& task, const World& world, const Array& array, Operation operation) {
  task.stages.push_back([&world, array, operation](Requests& requests) {
    inPieces(world, array, [&](const Array& piece) {
      requests.start([&](MPI_Request* request) {
        return MPI_Iallreduce(MPI_IN_PLACE, piece.data, countOf(piece), piece.mpiType(), mpiOperation(operation),
                              world.data, request);
      });
    });
  });
  task.stages.push_back([&world, array, operation](Requests&) { finish(world, array, operation); });
}

// One reduction for each rank: MPI_Ireduce_scatter would put the result elsewhere than where it belongs.
void prepareReduceScatter(Task& task, const World& world, const std::vector<Array>& parts, Operation operation) {
  task.stages.push_back([&world, parts, operation](Requests& requests) {
    for (int root = 0; root < world.size; root++)
      inPieces(world, parts[root], [&](const Array& piece) {
        requests.start([&](MPI_Request* request) {
          const void* from = root == world.rank ? MPI_IN_PLACE : piece.data;
          return MPI_Ireduce(from, piece.data, countOf(piece), piece.mpiType(), mpiOperation(operation), root,
                             world.data, request);
        });
      });
  });
  task.stages.push_back([&world, own = parts[world.rank], operation](Requests&) { finish(world, own, operation); });
}

uint64_t hash(uint64_t state, uint64_t value) {  // a step of SplitMix64
  state += value + 0x9e3779b97f4a7c15;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
  return state ^ (state >> 31);
}

}  // namespace

void prepare(Task& task, const World& world, Kind kind, const Array& array, const std::vector<size_t>& counts,
             unsigned option, int tag) {
  task.header = {static_cast<uint64_t>(kind), static_cast<uint64_t>(array.type), array.length, option, 0, 0};
  for (const size_t count : counts) task.header.counts = hash(task.header.counts, count);
  const auto operation = static_cast<Operation>(option);
  const bool isOrdered = operation == Operation::orderedSum || operation == Operation::orderedMean,
             mean = operation == Operation::orderedMean;
  const std::vector<Array> parts = partsOf(array, counts);
  switch (kind) {
    case Kind::barrier:
    case Kind::exchange:
    case Kind::finalize:
      break;
    case Kind::allReduce:
      if (!isOrdered) return prepareAllReduce(task, world, array, operation);
      prepareOrderedSum(task, world, parts, mean, tag);
      return prepareGather(task, world, parts, tag);
    case Kind::reduceScatter:
      if (!isOrdered) return prepareReduceScatter(task, world, parts, operation);
      return prepareOrderedSum(task, world, parts, mean, tag);
    case Kind::allGather:
      return prepareGather(task, world, parts, tag);
    case Kind::broadcast:
      task.stages.push_back([&world, array, root = static_cast<int>(option)](Requests& requests) {
        broadcast(world, requests, array, root);
      });
  }
}

void prepareExchange(Task& task, const World& world, std::vector<Segment> sends, std::vector<Segment> receives,
                     int tag) {
  task.header.kind = static_cast<uint64_t>(Kind::exchange);
  std::vector<uint64_t> sent(world.size), received(world.size);  // how many, by peer
  const auto describe = [](int from, int to, uint64_t number, const Array& memory) {
    uint64_t state = 0;
    for (const uint64_t value : {static_cast<uint64_t>(from), static_cast<uint64_t>(to), number,
                                 static_cast<uint64_t>(memory.type), static_cast<uint64_t>(memory.length)})
      state = hash(state, value);
    return state;
  };
  for (const auto& [peer, memory] : sends) task.header.balance += describe(world.rank, peer, sent[peer]++, memory);
  for (const auto& [peer, memory] : receives)
    task.header.balance -= describe(peer, world.rank, received[peer]++, memory);
  task.stages.push_back([&world, sends = std::move(sends), receives = std::move(receives), tag](Requests& requests) {
    for (const auto& [peer, memory] : receives) receive(world, requests, memory, peer, tag);
    for (const auto& [peer, memory] : sends) send(world, requests, memory, peer, tag);
  });
}
