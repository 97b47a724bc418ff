// Loads and stores of codes. Those of a few lanes only go through a whole vector of them.
#pragma once

template <class Code>
Lanes<float>::Bits codes(const Code* from, All) {
  return Lanes<float>::widen(from);
}

template <class Code>
Lanes<float>::Bits codes(const Code* from, size_t lanes) {
  Code vector[Lanes<float>::count] = {};
  for (size_t lane = 0; lane < lanes; lane++) vector[lane] = from[lane];
  return Lanes<float>::widen(vector);
}

template <class Code>
void setCodes(Code* to, Lanes<float>::Bits codes, All) {
  Lanes<float>::narrow(to, codes);
}

template <class Code>
void setCodes(Code* to, Lanes<float>::Bits codes, size_t lanes) {
  Code vector[Lanes<float>::count];
  Lanes<float>::narrow(vector, codes);
  for (size_t lane = 0; lane < lanes; lane++) to[lane] = vector[lane];
}

// How the numbers at a place of a block and after it are rounded, if not to the nearest.
inline Rounding<Lanes<float>::Bits> randomly(uint32_t blockKey, size_t place) {
  using Bits = Lanes<float>::Bits;
  return {false,
          randomBits<Bits>(Lanes<float>::places() * kCount + (static_cast<uint32_t>(place) * kCount + blockKey))};
}
