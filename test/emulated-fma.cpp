// Compares native/emulated-fma.h with the hardware, on numbers that are likely to go wrong. Prints how many results it
// compared, and how many of them differed. The argument says how many of each type.
#include "../native/emulated-fma.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "random.h"

namespace {

Random random;

template <class T>
struct Format;
template <>
struct Format<double> {
  using Bits = uint64_t;
  static constexpr int fraction = 52, exponents = 2048;
};
template <>
struct Format<float> {
  using Bits = uint32_t;
  static constexpr int fraction = 23, exponents = 256;
};

// Many digits or few, which make ties; exponents all over, around 1, or at either end, where results are denormal or
// infinite, as some numbers are themselves.
template <class T>
T anyNumber() {
  using F = Format<T>;
  const uint64_t kind = random(), digits = random(), place = random();
  uint64_t fraction = digits & ((uint64_t{1} << F::fraction) - 1);
  if (kind % 4 == 0) fraction = fraction >> (F::fraction - 4) << (F::fraction - 4);
  if (kind % 4 == 1) fraction &= 15;
  int exponent;
  switch (kind >> 2 & 3) {
    case 0:
      exponent = static_cast<int>(place % F::exponents);
      break;
    case 1:
      exponent = F::exponents / 2 - 30 + static_cast<int>(place % 60);
      break;
    case 2:
      exponent = static_cast<int>(place % 3);
      break;
    default:
      exponent = F::exponents / 4 - 30 + static_cast<int>(place % 60);  // its product with another is denormal
  }
  const auto bits = static_cast<typename F::Bits>((kind >> 63) << (sizeof(T) * 8 - 1) |
                                                  static_cast<uint64_t>(exponent) << F::fraction | fraction);
  return std::bit_cast<T>(bits);
}

template <class T>
T neighbour(T x) {
  return std::bit_cast<T>(
      static_cast<typename Format<T>::Bits>(std::bit_cast<typename Format<T>::Bits>(x) + random() % 5 - 2));
}

uint64_t cases = 0, wrong = 0;

// Any NaN is as good as any other; zeros have signs.
template <class T>
void compare(T a, T b, T c) {
  const T found = emulated::fma(a, b, c);
  T expected;
  if constexpr (sizeof(T) == 8)
    expected = __builtin_fma(a, b, c);
  else
    expected = __builtin_fmaf(a, b, c);
  cases++;
  wrong += std::memcmp(&found, &expected, sizeof(T)) != 0 && !(found != found && expected != expected);
}

template <class T>
void compareAll(long count) {
  for (long i = 0; i < count; i++) {
    const T a = anyNumber<T>(), b = anyNumber<T>();
    compare(a, b, anyNumber<T>());
    compare(a, b, neighbour(-(a * b)));  // most digits cancel
    compare(a, b, a * b * anyNumber<T>());
    compare(a, b, i % 2 ? T{0} : -T{0});
  }
}

}  // namespace

int main(int, char** arguments) {
  static_assert(__FP_FAST_FMA);
  compareAll<double>(std::atol(arguments[1]));
  compareAll<float>(std::atol(arguments[1]));
  std::printf("%llu cases, %llu wrong\n", static_cast<unsigned long long>(cases),
              static_cast<unsigned long long>(wrong));
  return wrong > 0;
}
