// One element at a time, on any processor.
#include <cmath>
#include <utility>

#include "isa.h"

namespace {

template <class T>
struct Lanes {
  using V = T;
  static constexpr size_t count = 1;
  struct All {};
  static All first(size_t) { return {}; }

  static V broadcast(T x) { return x; }
  static V load(const T* from, All) { return *from; }
  static void store(T* to, V x, All) { *to = x; }
};

inline float fma(float a, float b, float c) { return std::fma(a, b, c); }
inline double fma(double a, double b, double c) { return std::fma(a, b, c); }
inline float sqrt(float x) { return std::sqrt(x); }
inline double sqrt(double x) { return std::sqrt(x); }
inline float divide(float a, float c, float) { return a / c; }
inline double divide(double a, double c, double) { return a / c; }

#include "../sweep.inl"

bool supported() { return true; }

}  // namespace

const Isa kScalar = {"scalar", supported, find};
