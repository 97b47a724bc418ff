// A native module that calls a function in another floating-point environment, and tells what it left of that.
#include <node_api.h>

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

// The registers of a thread, in the order of test/floating-point.ts.
#if defined(__x86_64__)
struct Environment {
  uint32_t mxcsr, x87Control, x87Exceptions;
};

Environment current() {
  uint16_t control, status;
  asm volatile("fnstcw %0" : "=m"(control));
  asm volatile("fnstsw %0" : "=m"(status));
  return {_mm_getcsr(), control, status & 0x3fu};
}

// With no x87 exception left from earlier.
void enter(const Environment& environment) {
  const auto control = static_cast<uint16_t>(environment.x87Control);
  asm volatile("fnclex");
  asm volatile("fldcw %0" : : "m"(control));
  _mm_setcsr(environment.mxcsr);
}
#elif defined(__aarch64__)
struct Environment {
  uint32_t control, status;
};

Environment current() {
  uint64_t control, status;
  asm volatile("mrs %0, fpcr" : "=r"(control));
  asm volatile("mrs %0, fpsr" : "=r"(status));
  return {static_cast<uint32_t>(control), static_cast<uint32_t>(status)};
}

void enter(const Environment& environment) {
  asm volatile("msr fpcr, %0" : : "r"(uint64_t{environment.control}) : "memory");
  asm volatile("msr fpsr, %0" : : "r"(uint64_t{environment.status}) : "memory");
}
#endif

// call(registers, f, ...arguments) calls f, returns its result, and puts into `registers` what they are after that.
napi_value call(napi_env env, napi_callback_info info) {
  constexpr size_t kMost = 64, kOwn = 2;
  napi_value arguments[kMost], receiver, result;
  size_t count = kMost;
  napi_get_cb_info(env, info, &count, arguments, &receiver, nullptr);
  void* registers;
  napi_get_typedarray_info(env, arguments[0], nullptr, nullptr, &registers, nullptr, nullptr);
  Environment& environment = *static_cast<Environment*>(registers);

  const Environment before = current();
  enter(environment);
  const napi_status status = napi_call_function(env, receiver, arguments[1], count - kOwn, arguments + kOwn, &result);
  environment = current();
  enter(before);
  return status == napi_ok ? result : nullptr;
}

napi_value initialize(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "call", NAPI_AUTO_LENGTH, call, nullptr, &function);
  napi_set_named_property(env, exports, "call", function);
  return exports;
}

}  // namespace

NAPI_MODULE(floating_point, initialize)
