#include "collectives.h"

#include <algorithm>
#include <numeric>

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

// Every rank gets the part that is its own from all others, and reduces it in the order of ranks. As little is sent as
// can be. MPI_Ireduce_scatter sends more in Open MPI, in an order of its own, and puts the result where it does not
// belong.
void prepareReduceScatter(Task& task, const World& world, const std::vector<Array>& parts, Operation operation,
                          int tag) {
  const Array& own = parts[world.rank];
  const size_t bytes = own.length * own.width();
  task.scratch.reset(new char[bytes * (world.size - 1)]);
  std::vector<Array> received;  // by rank
  char* next = task.scratch.get();
  for (int rank = 0; rank < world.size; rank++) {
    received.push_back(rank == world.rank ? own : Array{own.type, next, own.length});
    if (rank != world.rank) next += bytes;
  }
  task.stages.push_back([&world, parts, received, tag](Requests& requests) {
    forOthers(world, [&](int rank) { receive(world, requests, received[rank], rank, tag); });
    forOthers(world, [&](int rank) { send(world, requests, parts[rank], rank, tag); });
  });
  task.stages.push_back([own, received, operation](Requests&) { reduce(own, received, operation); });
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
  if (operation != Operation::mean) return;
  task.stages.push_back([&world, array](Requests&) {
    (array.type == ArrayType::float32 ? divide<float> : divide<double>)(array, world.size);
  });
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
  const std::vector<Array> parts = partsOf(array, counts);
  switch (kind) {
    case Kind::barrier:
    case Kind::exchange:
    case Kind::finalize:
      break;
    case Kind::allReduce:
      return prepareAllReduce(task, world, array, static_cast<Operation>(option));
    case Kind::orderedAllReduce:
      prepareReduceScatter(task, world, parts, static_cast<Operation>(option), tag);
      return prepareGather(task, world, parts, tag);
    case Kind::reduceScatter:
      return prepareReduceScatter(task, world, parts, static_cast<Operation>(option), tag);
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
