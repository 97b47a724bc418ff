#include "processor.h"

#if defined(__x86_64__)
#include <cpuid.h>

#include <cstdint>

namespace {

struct Registers {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers ask(uint32_t leaf) {
  Registers answer;
  __get_cpuid_count(leaf, 0, &answer.eax, &answer.ebx, &answer.ecx, &answer.edx);
  return answer;
}

// Whether register has all of these bits.
bool has(uint32_t value, uint32_t bits) { return (value & bits) == bits; }

// Which registers the operating system saves when it changes threads.
uint32_t savedRegisters(const Registers& features) {
  if (!has(features.ecx, bit_OSXSAVE)) return 0;
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

Processor recognize() {
  const Registers vendor = ask(0), features = ask(1), more = ask(7);
  constexpr uint32_t halfAndWhole = 0x6, masksAndWide = 0xe0;
  const uint32_t saved = savedRegisters(features);
  const bool avx = has(features.ecx, bit_AVX) && has(saved, halfAndWhole);
  const bool wide = avx && has(saved, masksAndWide);
  // Families from 15 on are in two places.
  const uint32_t family = (features.eax >> 8 & 0xf) + (features.eax >> 20 & 0xff);
  Processor found;
  found.avx2 = avx && has(features.ecx, bit_FMA | bit_F16C) && has(more.ebx, bit_AVX2);
  found.avx512 = found.avx2 && wide && has(more.ebx, bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL);
  found.isIntel = vendor.ebx == signature_INTEL_ebx;
  found.isZen3Or4 = vendor.ebx == signature_AMD_ebx && family == 0x19;
  return found;
}

}  // namespace

const Processor kProcessor = recognize();
#define IS(property) kProcessor.property
#else
#define IS(property) false
#endif

#if defined(RMSPROP_SLOW_ARITHMETIC)  // for tests, on any processor
const bool kSlowDivider = true, kSlowDenormals = true;
#else
const bool kSlowDivider = IS(isIntel), kSlowDenormals = IS(isIntel);
#endif
const bool kPrefetches = !IS(isZen3Or4);
