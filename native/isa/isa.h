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

// How a sweep finds its numbers: all as float32, all as float64, or each stream as its own type.
enum class Storage : unsigned { float32, float64, mixed };

// The most states that a rule has, and one more for the float32 copy of the parameters.
constexpr size_t kMaxStates = 4;

// A run of elements of one tensor, with the same run of its gradient and of each of its states.
struct Piece {
  void* parameter;
  const void* gradient;
  void* state[kMaxStates];
  size_t length;

  // For mixed storage. The piece begins with a whole block of kBlock elements.
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
  Sweep (*find)(unsigned rule, Storage storage, Row row);
};

#if defined(__x86_64__)
// Whether square roots of 512 bits take so long on this processor that multiplications and additions are faster: on
// Intel's they do, on AMD's they do not. Found out in a file that is compiled for every processor.
extern const bool kSlowDivider;
#endif

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
