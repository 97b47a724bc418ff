// A native module that calls a function in another floating-point environment, and tells what it left of that.
#include <immintrin.h>
#include <node_api.h>

#include <cstdint>
#include <initializer_list>

namespace {

struct Environment {
  uint32_t mxcsr;
  uint16_t x87Control, x87Exceptions;
};

Environment current() {
  uint16_t control, status;
  asm volatile("fnstcw %0" : "=m"(control));
  asm volatile("fnstsw %0" : "=m"(status));
  return {_mm_getcsr(), control, static_cast<uint16_t>(status & 0x3f)};
}

// With no x87 exception left from earlier.
void enter(uint32_t mxcsr, uint16_t x87Control) {
  asm volatile("fnclex");
  asm volatile("fldcw %0" : : "m"(x87Control));
  _mm_setcsr(mxcsr);
}

uint32_t numberOf(napi_env env, napi_value value) {
  uint32_t number = 0;
  napi_get_value_uint32(env, value, &number);
  return number;
}

// call(mxcsr, x87Control, f, ...arguments) calls f; returns [its result, mxcsr, x87Control, x87Exceptions].
napi_value call(napi_env env, napi_callback_info info) {
  constexpr size_t kMost = 64, kOwn = 3;
  napi_value arguments[kMost], receiver, result, list, number;
  size_t count = kMost;
  napi_get_cb_info(env, info, &count, arguments, &receiver, nullptr);
  const uint32_t mxcsr = numberOf(env, arguments[0]);
  const auto x87Control = static_cast<uint16_t>(numberOf(env, arguments[1]));

  const Environment before = current();
  enter(mxcsr, x87Control);
  const napi_status status = napi_call_function(env, receiver, arguments[2], count - kOwn, arguments + kOwn, &result);
  const Environment after = current();
  enter(before.mxcsr, before.x87Control);
  if (status != napi_ok) return nullptr;

  napi_create_array(env, &list);
  napi_set_element(env, list, 0, result);
  uint32_t at = 1;
  for (const uint32_t value : {after.mxcsr, uint32_t{after.x87Control}, uint32_t{after.x87Exceptions}}) {
    napi_create_uint32(env, value, &number);
    napi_set_element(env, list, at++, number);
  }
  return list;
}

napi_value initialize(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "call", NAPI_AUTO_LENGTH, call, nullptr, &function);
  napi_set_named_property(env, exports, "call", function);
  return exports;
}

}  // namespace

NAPI_MODULE(floating_point, initialize)
