// Something that all ranks do together: they agree that they mean the same, then go through its stages.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pin.h"
#include "world.h"

// What is the same on all ranks, or else nothing is done.
struct Header {
  uint64_t kind, type, length, option;
  uint64_t counts;   // a hash of them
  uint64_t balance;  // hashes of what is sent, minus hashes of what is received: over all ranks they cancel

  bool operator==(const Header& other) const {
    return kind == other.kind && type == other.type && length == other.length && option == other.option &&
           counts == other.counts;
  }
};

// What has been asked of MPI and is not done.
class Requests {
 public:
  // `start` calls a function of MPI that ends with this argument. After an error nothing more is started.
  template <class Start>
  void start(Start start) {
    if (error_ != MPI_SUCCESS) return;
    MPI_Request request = MPI_REQUEST_NULL;
    error_ = start(&request);
    if (error_ == MPI_SUCCESS) pending_.push_back(request);
  }

  // Lets MPI go on; whether all are done.
  bool test();
  // The first error, whether it came at the start or later.
  int error() const { return error_; }

 private:
  std::vector<MPI_Request> pending_;
  std::vector<int> indices_;
  std::vector<MPI_Status> statuses_;
  int error_ = MPI_SUCCESS;
};

class Task {
 public:
  using Stage = std::function<void(Requests&)>;

  Header header{};
  std::vector<Stage> stages;  // each begins when the one before it is done on this rank
  std::vector<Pin> pins;      // keep the memory of arrays
  std::unique_ptr<char[]> scratch;
  std::function<void(Task&)> whenSettled;  // on the thread that speaks MPI

  // On the thread that speaks MPI.
  void agree(const World& world);
  // Whether it is settled. The first stage begins only if `mayBegin`: MPI wants collective operations to begin in the
  // same order on all ranks.
  bool progress(bool mayBegin);
  bool hasBegun() const { return next_ > 0 || settled_; }

  // When it is settled: what went wrong, an error of MPI or headers that differ.
  const std::string& error() const { return error_; }
  const std::vector<Header>& disagreement() const { return headers_; }
  bool succeeded() const { return error_.empty() && headers_.empty(); }

 private:
  bool settle();
  bool agreed() const;

  Requests requests_;
  std::vector<Header> headers_;  // of all ranks; empty once they are found to agree
  size_t next_ = 0;
  bool settled_ = false;
  std::string error_;
};
