// What to run where: the memory of one optimizer, checked at every step, and the step over all its tensors at once.
#pragma once
#include <atomic>
#include <vector>

#include "isa/isa.h"
#include "pace.h"

// What every plan of the process obeys; configure() writes it. 0 threads: not set yet.
struct Configuration {
  std::atomic<const Isa*> isa;
  std::atomic<unsigned> threads;
};
Configuration& configuration();

class Plan {
 public:
  struct Tensor {
    DataType type, stateType;
    bool inUint16Arrays;  // whether these may hold the parameter and its gradient
    size_t length;
    void* parameter;
    size_t state[kMaxStates];  // byte offsets into the arena
    ptrdiff_t master;          // of the float32 copy of the parameters; negative if there is none

    bool mixed() const;
  };

  // `rows` holds rows of `rowWidth` numbers each; `rowOf` the row of every tensor at this step, or -1 to skip it.
  // Both, the arena and the parameters belong to the caller, who keeps them as long as the plan.
  Plan(unsigned rule, std::vector<Tensor> tensors, char* arena, size_t arenaBytes, const double* rows, size_t rowWidth,
       const int32_t* rowOf);

  size_t size() const { return tensors_.size(); }
  const Tensor& tensor(size_t i) const { return tensors_[i]; }
  bool skips(size_t i) const { return rowOf_[i] < 0; }

  // Whether no parameter shares a byte with another one, or with the state.
  bool parametersDisjoint() const;

  // Takes the memory found at this step. False if it shares a byte with a parameter or with the state; looking at
  // memory that has not moved since the last step costs nothing.
  bool setGradient(size_t i, const void* data);

  // The step itself, in any thread. Nothing above has written anything.
  void run();

 private:
  struct Interval {
    const char* begin;
    const char* end;
  };
  struct Active {
    size_t start;  // elements of the active tensors before this one
    size_t tensor;
    Sweep sweep;
    Sweep rest;  // for the elements after the last whole block, in mixed storage
  };

  Interval interval(const void* data, size_t i) const;
  void findSweeps(const Isa& isa, Active& active, const Active* before) const;
  Piece piece(size_t i, size_t from, size_t to) const;
  bool share(unsigned threads, size_t elements) const;
  void runRange(size_t begin, size_t end) const;

  unsigned rule_;
  std::vector<Tensor> tensors_;
  char* arena_;
  size_t arenaBytes_;
  const double* rows_;
  size_t rowWidth_;
  const int32_t* rowOf_;

  Pace pace_;
  std::vector<Interval> written_;  // all that a step may write, sorted
  std::vector<const void*> gradients_;
  std::vector<Active> active_;
};
