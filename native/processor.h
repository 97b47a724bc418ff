// What processor this is, and what it is slow at.
#pragma once

#if defined(__x86_64__)
// What the processor has and the operating system knows of, and whose it is.
struct Processor {
  bool avx2, avx512;
  bool isIntel, isZen3Or4;
};
extern const Processor kProcessor;
#endif

// Whether square roots of 512 bits take so long that multiplications and additions are faster: on Intel's processors
// they do, on AMD's they do not.
extern const bool kSlowDivider;

// Whether arithmetic with denormal numbers takes a hundred times as long as with others.
extern const bool kSlowDenormals;

// Whether asking for cache lines ahead of the loop makes it faster. In memory it gains an eighth on Intel's Sapphire
// Rapids; on AMD's Zen 4 it loses a tenth there, and more in the last cache.
extern const bool kPrefetches;
