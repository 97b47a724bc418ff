// What to run where: the memory of one optimizer, checked at every step, and the step over all its tensors at once.
#pragma once
#include <atomic>
#include <vector>

#include "isa/isa.h"
#include "pace.h"
#include "sparse-rows.h"

// What every plan of the process obeys; configure() writes it. 0 threads: not set yet.
struct Configuration {
  std::atomic<const Isa*> isa;
  std::atomic<unsigned> threads;
};
Configuration& configuration();

// What the next step as a whole is to do: a number each, or 0 for no and 1 for yes. Mirrors lib/step-memory.ts.
enum Request : unsigned {
  kAccumulates,
  kMeasures,
  kRefuses,
  kClipGlobalNorm,
  kZeroes,
  kZeroesRefused,
  kReports,
  kPhase,
  kSamples,
  kRequestCount
};

// Values of kPhase. Norms that are those of more tensors than the plan has are made by the caller between two phases,
// of the sums that the first one leaves.
enum Phase : unsigned { kWholeStep, kOnlySums, kAfterNorms };

inline size_t chunksOf(size_t length) { return (length + kNormChunk - 1) / kNormChunk; }

class Plan {
 public:
  struct Tensor {
    DataType type, stateType;
    bool inUint16Arrays;  // whether these may hold the parameter and its gradient
    size_t length;
    uint32_t firstBlock;  // the number of its first block, if it is a piece of a larger tensor
    uint32_t spacing;     // of so many elements one run is in the sample
    void* parameter;
    ptrdiff_t state[kMaxStates], common[kCommonStates];  // byte offsets into the arena, negative where there is none

    bool mixed() const {
      return type == DataType::bfloat16 || type == DataType::float16 ||
             (type == DataType::float32 && stateType != DataType::float32);
    }
  };

  // `rows` holds rows of `rowWidth` numbers each; `rowOf` the row of every tensor at this step, or -1 to skip it.
  // `norms` has room for the norm of all gradients and for that of each tensor's, `reports` for kReportWidth numbers
  // for each tensor, `squares` for the sum of the squares of each tensor's gradient, `sums` for that of each of its
  // chunks, `samples` for kSampleSums numbers for each of these, `distances` has kDistanceNumbers for each tensor,
  // `multipliers` room for what norms make of each gradient. All of it,
  // the arena and the parameters belong to the caller, who keeps them as long as the plan.
  Plan(unsigned rule, std::vector<Tensor> tensors, char* arena, size_t arenaBytes, const double* rows, size_t rowWidth,
       const int32_t* rowOf, const double* request, double* norms, double* reports, double* squares, double* sums,
       double* samples, const double* distances, double* multipliers);

  size_t size() const { return tensors_.size(); }
  const Tensor& tensor(size_t i) const { return tensors_[i]; }
  bool skips(size_t i) const { return rowOf_[i] < 0; }

  // Whether no parameter shares a byte with another one, or with the state.
  bool parametersDisjoint() const { return parametersDisjoint_; }

  // Takes the memory found at this step. False if it shares a byte with a parameter or with the state; looking at
  // memory that has not moved since the last step costs nothing.
  bool setGradient(size_t i, void* data);

  // Whether gradients may be written, if the step writes them: no two of those that it does not skip share a byte.
  bool gradientsDisjoint() const;

  // The step itself, in any thread. Nothing above has written anything.
  void run();

  // The part of it that is one tensor's: its elements from the one number, a multiple of kNormChunk, to the other.
  void runTensor(size_t i, size_t from, size_t to);

  // Takes rows of a tensor, all as long as so many elements, and their gradients, one after the other. False if a row
  // is none of the tensor's, or a gradient shares a byte with a parameter or with the state.
  bool setRows(size_t i, const uint32_t* rows, size_t count, size_t end, void* gradients, size_t width);

  // The part of the step that is those rows'.
  void runRows(size_t i);

 private:
  struct Interval {
    const char* begin;
    const char* end;
  };
  struct Active {
    size_t start;   // elements of the active tensors before this one
    size_t chunks;  // the number of its first chunk
    size_t tensor;
    size_t first;  // the number of its first element
    size_t length;
    Sweep sweep;
  };
  // What one thread does: the elements between these numbers, which count over all active tensors.
  struct Share {
    size_t begin, end;
    unsigned number;
  };
  using Part = void (Plan::*)(Share share) const;
  // Does something with elements of a tensor, of which the first has the number `at` among the active ones.
  using Work = void (Plan::*)(const Active& active, size_t at, const Piece& piece, Row row) const;

  static bool sortDisjoint(std::vector<Interval>& all);
  Interval interval(const void* data, size_t i) const;
  bool isWritten(Interval memory) const;
  void findSweep(const Isa& isa, Active& active, const Active* before) const;
  Piece piece(size_t i, size_t from, size_t to) const;
  bool asks(Request what) const { return request_[what] != 0; }
  void activate(const Isa& isa, size_t i, size_t from, size_t to);
  void run(size_t first, size_t end, Pace& pace);
  unsigned mostThreads(size_t elements) const;
  void sumSquares(size_t elements);
  void findNorms(size_t first, size_t end);
  void update(size_t elements, Pace& pace);
  void report(size_t elements);
  void zeroGradients() const;
  void inParts(unsigned threads, size_t elements, Part part) const;
  bool share(unsigned threads, size_t elements, Part part) const;
  void measureRange(Share share) const;
  void accumulateRange(Share share) const;
  void updateRange(Share share) const;
  void reportRange(Share share) const;
  void measureChunk(const Active& active, size_t at, const Piece& chunk, Row row) const;
  void accumulatePart(const Active& active, size_t at, const Piece& part, Row row) const;
  void updatePart(const Active& active, size_t at, const Piece& part, Row row) const;
  void updateChunks(const Active& active, size_t at, const Piece& chunks, Row row) const;
  void reportChunk(const Active& active, size_t at, const Piece& chunk, Row row) const;
  void zeroGradient(const Piece& piece) const;
  void eachPiece(Share share, size_t unit, size_t most, bool onlySum, Work work) const;
  void withRows(unsigned room, const Active& active, size_t at, size_t end, bool onlySum, Work work, Row row) const;

  unsigned rule_;
  std::vector<Tensor> tensors_;
  char* arena_;
  size_t arenaBytes_;
  const double* rows_;
  size_t rowWidth_;
  const int32_t* rowOf_;
  const double* request_;
  double* norms_;
  double* reports_;
  double* squares_;
  double* sums_;
  double* samples_;
  const double* distances_;
  double* multipliers_;

  Pace pace_;
  std::vector<Pace> paces_;        // of the tensors, if steps are made of them one by one
  std::vector<Interval> written_;  // parameters and states, sorted
  bool parametersDisjoint_;
  std::vector<void*> gradients_;
  std::vector<double> limits_;           // of the norms of gradients
  std::vector<size_t> firstChunks_;      // of each tensor
  size_t chunks_ = 0;                    // of all
  mutable std::vector<Change> changes_;  // of each chunk
  std::vector<Active> active_;

  // Of some rows.
  SparseRows sparseRows_;
  bool ofRows_ = false;      // whether those are all that is being updated
  Interval rowGradients_{};  // as the caller has them
  std::vector<double> sum_;  // memory for those of the same row, added up
  Piece rowsPiece_{};        // of the whole tensor, but for the gradient, which is that of the rows
};
