// The floating-point environment of a thread: how numbers are rounded, whether denormal ones become 0, which exceptions
// are trapped, and which have occurred. It belongs to the host, which may have set anything: no bit of a result may
// depend on it, and the host must find it as it was. Nothing in the kernel uses the x87 registers, which have another.
#pragma once
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#elif !defined(__aarch64__)
#include <cfenv>
#endif

// While one of these lives, its thread computes as IEEE 754 has it: rounded to the nearest, denormal numbers kept,
// nothing trapped.
class PlainFloatingPoint {
 public:
  PlainFloatingPoint() {
#if defined(__x86_64__)
    sse_ = _mm_getcsr();
    _mm_setcsr(0x1f80);
#elif defined(__aarch64__)
    // The C library would leave the bit alone that makes float16 another type, without infinity.
    asm volatile("mrs %0, fpcr" : "=r"(control_));
    asm volatile("mrs %0, fpsr" : "=r"(status_));
    if (control_ != 0) asm volatile("msr fpcr, xzr" ::: "memory");
#else
    std::fegetenv(&all_);
    std::fesetenv(FE_DFL_ENV);
#endif
  }

  ~PlainFloatingPoint() {
#if defined(__x86_64__)
    _mm_setcsr(sse_);
#elif defined(__aarch64__)
    if (control_ != 0) asm volatile("msr fpcr, %0" ::"r"(control_) : "memory");
    asm volatile("msr fpsr, %0" ::"r"(status_) : "memory");
#else
    std::fesetenv(&all_);
#endif
  }

  PlainFloatingPoint(const PlainFloatingPoint&) = delete;
  PlainFloatingPoint& operator=(const PlainFloatingPoint&) = delete;

 private:
#if defined(__x86_64__)
  unsigned sse_;
#elif defined(__aarch64__)
  uint64_t control_, status_;
#else
  std::fenv_t all_;
#endif
};
