// What an instruction set offers to the engine: a sweep for every rule, data type and choice of switches.
#pragma once
#include <cstddef>
#include <cstdint>

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

// A run of elements of one tensor, with the same run of its gradient and of each of its states.
struct Piece {
  void* parameter;
  const void* gradient;
  void* state[kMaxStates];
  size_t length;

  // For mixed storage, where not all memory is of the parameter's type, or that is narrower than float32. The piece
  // begins with a block of kBlock elements.
  DataType type, stateType;
  float* scale[kMaxStates];  // of the blocks of states of type uint8
  float* master;             // the float32 copy of the parameters, if there is one
  uint32_t tensor, block;    // numbers of the tensor, and of its first block
};

// The numbers that one update needs, in float64: the switches of Gradient, those of the rule, the key of this step's
// random bits, then the scalars of both.
using Row = const double*;
enum RowLayout : unsigned { kGradientSwitches, kRuleSwitches, kRandomKey, kScalars };

using Sweep = void (*)(const Piece&, Row);

struct Isa {
  const char* name;
  bool (*supported)();
  Sweep (*find)(unsigned rule, DataType type, Row row);
  Sweep (*findMixed)(unsigned rule, DataType type, DataType stateType, bool wholeBlocks);
};

// Whether square roots of 512 bits take so long on this processor that multiplications and additions are faster: on
// Intel's they do, on AMD's they do not. Found out in a file that is compiled for every processor.
extern const bool kSlowDivider;

// Whether arithmetic with denormal numbers takes a hundred times as long as with others.
extern const bool kSlowDenormals;

// Whether asking for cache lines ahead of the loop makes it faster. In memory it gains an eighth on Intel's Sapphire
// Rapids; on AMD's Zen 4 it loses a tenth there, and more in the last cache.
extern const bool kPrefetches;

// From the fastest to the one that runs everywhere.
#if defined(__x86_64__)
extern const Isa kAvx512, kAvx2;
#endif
extern const Isa kScalar;

constexpr const Isa* kIsas[] = {
#if defined(__x86_64__)
    &kAvx512, &kAvx2,
#endif
    &kScalar};
