// What an instruction set offers to the engine: a sweep for every rule, data type and choice of switches.
#pragma once
#include <cstddef>
#include <cstdint>

#include "../change.h"
#include "../processor.h"

// What memory holds: parameters and gradients anything but uint8, states anything but float16.
enum class DataType : unsigned { float32, float64, bfloat16, float16, uint8 };

constexpr size_t sizeOf(DataType type) {
  constexpr size_t sizes[] = {4, 8, 2, 2, 1};
  return sizes[static_cast<unsigned>(type)];
}

// The most states that a rule has.
constexpr size_t kMaxStates = 3;

// How many elements of a state of type uint8 share a scale.
constexpr size_t kBlock = 256;

// How many elements of a tensor are updated before the next, where they are to stay in the first cache meanwhile.
constexpr size_t kAroundBlock = 2048;

// How many squares are summed before their sum is added to that of those before, and over how many sums they are
// spread.
constexpr size_t kNormChunk = 4096, kNormLanes = 32;

// Where a sample is enough, a run of so many elements is looked at, the first ones of each `spacing` of a piece.
// Mirrors lib/samples.ts.
constexpr size_t kSampleRun = 16;
// For each run distanceSample has so many numbers.
constexpr size_t kDistanceRun = 2 * kSampleRun;

// States that belong to no rule: of float32, or of float64 for parameters of float64. The last one is of the sample:
// for each of its runs the parameters before their first update, then sums of gradients. Pieces have no part of it.
enum CommonState : unsigned {
  masterCopy,
  gradientSum,
  parameterAverage,
  kSweptStates,
  distanceSample = kSweptStates,
  kCommonStates
};
constexpr const char* kCommonStateNames = "masterCopy, gradientSum, parameterAverage, distanceSample";

// What is summed over the sample of a chunk, and what a tensor's estimate of its distance goes by.
enum SampleSum : unsigned { kParameterSquares, kUpdateSquares, kDistanceNumerator, kDistanceDenominator, kSampleSums };
enum DistanceNumber : unsigned { kDistanceDecay, kDistanceWeight, kDistanceStarts, kDistanceNumbers };

struct Piece;

// What stands between memory and a sweep, where memory is not of the type that the sweep computes with.
struct Codec {
  // Gives some elements of the piece from one on as the sweep wants them,
  const Piece& (*decode)(Codec&, size_t from);
  // and takes them back.
  void (*encode)(Codec&);
};

// A run of elements of one tensor, with the same run of its gradient and of each of its states.
struct Piece {
  void* parameter;
  void* gradient;  // written only to be set to 0
  void* state[kMaxStates];
  void* common[kSweptStates];  // null where there is none
  size_t length;
  size_t following;        // elements after these that the same thread updates next
  Codec* codec;            // null where there is none
  DataType type;           // of parameter and gradient
  bool gradientIsFloat32;  // whatever the type
  double multiplier;       // of the gradient, where norms are clipped
  size_t spacing;          // of so many elements from the first on, one run is in the sample

  // For mixed storage, where not all memory is of the parameter's type, or that is narrower than float32. The piece
  // begins with a block of kBlock elements.
  DataType stateType;
  float* scale[kMaxStates];  // of the blocks of states of type uint8
  uint32_t tensor, block;    // numbers of the tensor, and of its first block
};

// The numbers that one update needs, in float64: the switches of Transformation, Gradient, the rule and Parameter, the
// key of this step's random bits, then the scalars of all four.
using Row = const double*;
enum RowLayout : unsigned { kTransformationSwitches, kGradientSwitches, kRuleSwitches, kParameterSwitches, kRandomKey };
constexpr unsigned kScalars = kRandomKey + 1;

// How sweeps are called, and what they pass vectors to. On Windows, vectors would go through memory, and a sweep would
// save ten registers for its caller.
#if defined(_WIN32)
#define SWEEP_CALL __attribute__((sysv_abi))
#else
#define SWEEP_CALL
#endif
using Sweep = SWEEP_CALL void (*)(const Piece&, Row);

// What happens beside a sweep, whatever the rule.
struct Around {
  // Writes the gradient as float32.
  void (*widen)(const Piece&, float* to);
  // Adds gradients to gradientSum.
  void (*accumulate)(const Piece&, Row);
  // The sum of the squares of a chunk of gradients as they are before norms clip them; NaN if one is not finite.
  double (*sumOfSquares)(const Piece&, Row);
  // Copies a chunk as it is before its update, as float32 or float64: gradients before norms clip them, and parameters.
  void (*remember)(const Piece&, Row, void* gradient, void* parameter);
  // What its update has changed.
  Change (*compare)(const Piece&, const void* gradient, const void* parameter);
  // Copies what is sampled of the parameters of whole chunks, as float32 or float64.
  void (*rememberSample)(const Piece&, void* sample);
  // Writes for each chunk the sums of squares of what is sampled of the parameters, and of their updates.
  void (*compareSample)(const Piece&, const void* sample, double* sums);
  // Adds sampled gradients to the sums of distanceSample, before the update, and writes for each chunk what says how
  // far the parameters have to go.
  void (*estimateDistance)(const Piece&, Row, const double* numbers, void* kept, double* sums);
};

struct Isa {
  const char* name;
  bool (*supported)();
  Sweep (*findFloat32)(unsigned rule, Row row);
  Sweep (*findFloat64)(unsigned rule, Row row);
  // Updates a piece of mixed storage by the rule's sweep for float32.
  void (*sweepMixed)(unsigned rule, const Piece&, Row, Sweep);
  const Around& (*around)();
};

// From the fastest to the one that runs everywhere.
#if defined(__x86_64__)
extern const Isa kAvx512, kAvx2;
#elif defined(__aarch64__)
extern const Isa kNeon;
#endif
extern const Isa kScalar;

constexpr const Isa* kIsas[] = {
#if defined(__x86_64__)
#if !defined(__APPLE__)  // few Macs have it, and none that tests run on
    &kAvx512,
#endif
    &kAvx2,
#elif defined(__aarch64__)
    &kNeon,
#endif
    &kScalar};
