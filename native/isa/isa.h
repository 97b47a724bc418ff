// What an instruction set offers to the engine: a sweep for every rule, data type and choice of switches.
#pragma once
#include <cstddef>
#include <cstdint>

enum class DataType : unsigned { float32, float64 };

constexpr size_t sizeOf(DataType type) { return type == DataType::float32 ? sizeof(float) : sizeof(double); }

constexpr size_t kMaxStates = 4;

// A run of elements of one tensor, with the same run of its gradient and of each of its states.
struct Piece {
  void* parameter;
  const void* gradient;
  void* state[kMaxStates];
  size_t length;
};

// The numbers that one update needs, in float64: the switches of Gradient, those of the rule, then the scalars of both.
using Row = const double*;
enum RowLayout : unsigned { kGradientSwitches, kRuleSwitches, kScalars };

using Sweep = void (*)(const Piece&, Row);

struct Isa {
  const char* name;
  bool (*supported)();
  Sweep (*find)(unsigned rule, DataType type, Row row);
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
