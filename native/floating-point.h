// The floating-point environment of a thread: how numbers are rounded, whether denormal ones become 0, which exceptions
// are trapped, and which have occurred. It belongs to the host, which may have set anything: no bit of a result may
// depend on it, and the host must find it as it was.
#pragma once
#include <cfenv>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>

#include "processor.h"

// Where the processor has no fused multiply-add, that of the C library uses the x87 registers, which have an
// environment of their own. To save that one, too, takes twenty times as long.
inline bool sseOnly() { return kProcessor.fma; }
#endif

// While one of these lives, its thread computes as IEEE 754 has it: rounded to the nearest, denormal numbers kept,
// nothing trapped.
class PlainFloatingPoint {
 public:
  PlainFloatingPoint() {
#if defined(__x86_64__)
    if (sseOnly()) {
      sse_ = _mm_getcsr();
      _mm_setcsr(0x1f80);
      return;
    }
#elif defined(__aarch64__)
    // The C library would leave the bit alone that makes float16 another type, without infinity.
    asm volatile("mrs %0, fpcr" : "=r"(neon_.control));
    asm volatile("mrs %0, fpsr" : "=r"(neon_.status));
    if (neon_.control != 0) asm volatile("msr fpcr, xzr" ::: "memory");
    return;
#endif
    std::fegetenv(&all_);
    std::fesetenv(FE_DFL_ENV);
  }

  ~PlainFloatingPoint() {
#if defined(__x86_64__)
    if (sseOnly()) {
      _mm_setcsr(sse_);
      return;
    }
#elif defined(__aarch64__)
    if (neon_.control != 0) asm volatile("msr fpcr, %0" ::"r"(neon_.control) : "memory");
    asm volatile("msr fpsr, %0" ::"r"(neon_.status) : "memory");
    return;
#endif
    std::fesetenv(&all_);
  }

  PlainFloatingPoint(const PlainFloatingPoint&) = delete;
  PlainFloatingPoint& operator=(const PlainFloatingPoint&) = delete;

 private:
  union {
    unsigned sse_;
    struct {
      uint64_t control, status;
    } neon_;
    std::fenv_t all_;
  };
};
