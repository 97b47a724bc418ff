// What to run where: the memory of one optimizer, checked at every step, and the step over all its tensors at once.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "isa/isa.h"

// What every plan of the process obeys; configure() writes it.
struct Configuration {
  std::atomic<const Isa*> isa;
  std::atomic<unsigned> threads;
};
Configuration& configuration();

// The memory of one tensor at this moment.
struct Memory {
  void* data;
  size_t length;
};

class Plan {
 public:
  struct Tensor {
    DataType type;
    size_t length;
    size_t state[kMaxStates];  // byte offsets into the arena
  };

  // `rows` holds rows of `rowWidth` numbers each; `rowOf` the row of every tensor at this step, or -1 to skip it.
  // Both, and the arena, belong to the caller and outlive the plan.
  Plan(unsigned rule, std::vector<Tensor> tensors, char* arena, size_t arenaBytes, const double* rows, size_t rowWidth,
       const int32_t* rowOf);

  size_t size() const { return tensors_.size(); }
  const Tensor& tensor(size_t i) const { return tensors_[i]; }
  bool skips(size_t i) const { return rowOf_[i] < 0; }

  // Takes the memory found at this step; looking at it again costs nothing while it stays where it was.
  void setParameter(size_t i, void* data);
  void setGradient(size_t i, const void* data);

  // Whether no parameter shares a byte with another parameter, with a gradient, or with the state.
  bool disjoint();

  // The step itself. Nothing above has written anything.
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
  };

  size_t bytes(size_t i) const;
  bool overlapsParameter(Interval) const;
  void runRange(size_t begin, size_t end) const;

  unsigned rule_;
  std::vector<Tensor> tensors_;
  char* arena_;
  size_t arenaBytes_;
  const double* rows_;
  size_t rowWidth_;
  const int32_t* rowOf_;

  std::vector<void*> parameters_;
  std::vector<const void*> gradients_;
  std::vector<bool> gradientChecked_;
  std::vector<Interval> sortedParameters_;
  bool parametersChecked_ = false;
  std::vector<Active> active_;
};
