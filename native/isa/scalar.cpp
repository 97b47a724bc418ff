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

template <class T>
T fma(T a, T b, T c) {
  return std::fma(a, b, c);
}
template <class T>
T sqrt(T x) {
  return std::sqrt(x);
}

#include "../sweep.inl"

bool supported() { return true; }

}  // namespace

const Isa kScalar = {"scalar", supported, find};
