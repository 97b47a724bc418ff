// Compares the operations of native/careful.h with the hardware's, in vectors whose lanes are of many kinds, of AVX-512
// if that is compiled for, else of AVX2. Prints how many results it compared, and how many of them differed. The
// argument says how many vectors of random numbers to take.
#include "../native/isa/isa.h"
#if defined(__AVX512F__)
#include "../native/isa/avx512.cpp"
const Isa kAvx2{};  // which takes over what is not looked at here
#else
#include "../native/isa/avx2.cpp"
#endif
#include "../native/processor.cpp"

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <vector>

#include "random.h"

namespace {

using V = Lanes<float>::V;
using Bits = Lanes<float>::Bits;

uint64_t cases = 0, wrong = 0;

// Any NaN is as good as any other; zeros have signs.
void compare(Careful found, V expected) {
  const Bits bits = (Bits)found.x, expectedBits = (Bits)expected;
  for (size_t lane = 0; lane < Lanes<float>::count; lane++, cases++)
    wrong += bits[lane] != expectedBits[lane] && !(found.x[lane] != found.x[lane] && expected[lane] != expected[lane]);
}

Random random;

// Numbers around which the operations go different ways, and their neighbours
std::vector<float> specialValues() {
  using Limits = std::numeric_limits<float>;
  std::vector<float> values = {0.0f,          Limits::denorm_min(), 0x3p-149f,           0x5p-149f,
                               Limits::max(), Limits::infinity(),   Limits::quiet_NaN(), Limits::signaling_NaN()};
  for (float x : {0x1p-148f, 0x1p-127f, 0x1p-126f, 0x1p-100f, 0x1p-76f, 0x1p-75f, 0x1p-49f, 0x1p-23f, 0.25f, 0.5f, 0.9f,
                  1.0f, 1.5f, 2.0f, 0x1p23f, 0x1p100f, 0x1p126f})
    for (int ulps : {-1, 0, 1}) values.push_back(std::bit_cast<float>(std::bit_cast<uint32_t>(x) + ulps));
  for (size_t i = 0, positive = values.size(); i < positive; i++) values.push_back(-values[i]);
  return values;
}

const std::vector<float> kSpecial = specialValues();

float anyNumber(unsigned kinds) {
  const uint64_t bits = random();
  const uint32_t sign = static_cast<uint32_t>(bits >> 63) << 31, fraction = bits & 0x7fffff;
  switch (bits >> 32 & kinds) {
    case 0:
      return std::bit_cast<float>(sign | fraction);  // denormal
    case 1:
      return std::bit_cast<float>(sign | (fraction & 15));  // and small
    case 2:
      return std::bit_cast<float>(sign | 0x3f000000u | fraction);  // from 1/2 to 1
    case 3:
      return kSpecial[(bits >> 35) % kSpecial.size()];
    case 4:
      return std::bit_cast<float>(static_cast<uint32_t>(bits));
    case 5:
      return std::bit_cast<float>(sign | static_cast<uint32_t>(bits >> 35) % 128 << 23 | fraction);  // below 2
    case 6:
      return 0.0f;
    default:
      return static_cast<float>((bits >> 35) % 65) / 64;  // its products with integers can be halves
  }
}

// All lanes of a few kinds, or of all
V anyVector() {
  V x;
  const unsigned kinds = random() % 8;
  for (size_t lane = 0; lane < Lanes<float>::count; lane++) x[lane] = anyNumber(kinds);
  return x;
}

void compareAll(V a, V b, V c) {
  const Careful A{a}, B{b}, C{c};
  compare(A * B, a * b);
  compare(A / B, a / b);
  compare(fma(A, B, C), fma(a, b, c));
  compare(sqrt(A), sqrt(a));
  compare(lerp(A, B, C), lerp(a, b, c));
  for (const V& uniform : {V{} + 1.0f, V{} + b[0]})
    compare(divide(A, Careful{uniform}, Careful{1.0f / uniform}), a / uniform);
}

}  // namespace

int main(int, char** arguments) {
  for (float a : kSpecial)
    for (float b : kSpecial)
      for (size_t i = 0; i < kSpecial.size(); i++) {
        // Its neighbours are of other kinds, and decide with it which way all go.
        V c = anyVector();
        c[0] = c[1] = kSpecial[i];
        V A = V{} + 1.0f, B = A;
        A[0] = a, B[0] = b;
        A[1] = B[1] = 0x1p-140f;
        compareAll(A, B, c);
      }
  for (long i = std::atol(arguments[1]); i > 0; i--) compareAll(anyVector(), anyVector(), anyVector());
  std::printf("%llu cases, %llu wrong\n", static_cast<unsigned long long>(cases),
              static_cast<unsigned long long>(wrong));
  return wrong > 0;
}
