// One element at a time, on any processor.
#include <cmath>
#include <utility>

#include "../emulated-fma.h"
#include "isa.h"

namespace {

struct All {};

template <class T>
struct Lanes {
  using V = T;
  static constexpr size_t count = 1;

  static V broadcast(T x) { return x; }
  static V load(const T* from, auto) { return *from; }
  static void store(T* to, V x, auto) { *to = x; }

  using Bits = uint32_t;
  static Bits places() { return 0; }
  static Bits widen(const auto* from) { return *from; }
  template <class Code>
  static void narrow(Code* to, Bits x) {
    *to = static_cast<Code>(x);
  }
  static bool anyDenormal(V x) { return x != 0 && std::fabs(x) < 0x1p-126f; }
  static bool anyOutside(V x, float least, float most) { return !(x >= least && x <= most); }
  static uint32_t largest(Bits x) { return x; }
  static void toDouble(V x, double* to) { *to = x; }
};

inline float toFloat(uint32_t x) { return static_cast<float>(static_cast<int32_t>(x)); }
#if defined(__FP_FAST_FMA)  // each of these processors has an instruction
inline float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
using emulated::fma;
#endif
inline float sqrt(float x) { return std::sqrt(x); }
inline double sqrt(double x) { return std::sqrt(x); }
inline float divide(float a, float c, float) { return a / c; }
inline double divide(double a, double c, double) { return a / c; }

constexpr bool kSpecialize = false, kMeetsSlowDenormals = false;

#include "../sweep.inl"

#include "../around.inl"

bool supported() { return true; }

}  // namespace

const Isa kScalar = {"scalar", supported, find<float>, find<double>, sweepMixed, around};
