// Random numbers, always the same.
#pragma once
#include <cstdint>

// SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
class Random {
 public:
  uint64_t operator()() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

 private:
  uint64_t state_ = 1;
};
