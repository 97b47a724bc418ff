// AArch64, of which NEON with fused multiply-adds, square roots and vectors of float64 is a part.
#include <arm_neon.h>

#include <utility>

#include "isa.h"

namespace {

struct All {};

// There are no masks: some lanes of a vector are copied one by one.
template <class T, size_t most>
void copySome(const T* from, T* to, size_t n) {
  for (size_t lane = 0; lane < most; lane++)
    if (lane < n) to[lane] = from[lane];
}

inline bool all(uint32x4_t mask) { return vminvq_u32(mask) != 0; }

template <class T>
struct Lanes;

template <>
struct Lanes<float> {
  using V = float32x4_t;
  static constexpr size_t count = 4;

  static V broadcast(float x) { return vdupq_n_f32(x); }
  static V load(const float* from, All) { return vld1q_f32(from); }
  static V load(const float* from, size_t n) {
    float some[count] = {};
    copySome<float, count>(from, some, n);
    return vld1q_f32(some);
  }
  static void store(float* to, V x, All) { vst1q_f32(to, x); }
  static void store(float* to, V x, size_t n) {
    float every[count];
    vst1q_f32(every, x);
    copySome<float, count>(every, to, n);
  }

  using Bits = uint32x4_t;
  static Bits places() { return Bits{0, 1, 2, 3}; }
  static Bits widen(const uint16_t* from) { return vmovl_u16(vld1_u16(from)); }
  static Bits widen(const uint8_t* from) {
    uint32_t codes;
    __builtin_memcpy(&codes, from, sizeof codes);
    return vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(codes))));
  }
  static void narrow(uint16_t* to, Bits x) { vst1_u16(to, vmovn_u32(x)); }
  static void narrow(uint8_t* to, Bits x) {
    const uint16x4_t codes = vmovn_u32(x);
    const uint32_t narrowed = vget_lane_u32(vreinterpret_u32_u8(vmovn_u16(vcombine_u16(codes, codes))), 0);
    __builtin_memcpy(to, &narrowed, sizeof narrowed);
  }
  static V fromFloat16(Bits code) { return vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32(code))); }
  static bool anyDenormal(V x) {
    // 0 wraps around, and is large.
    const Bits magnitude = vreinterpretq_u32_f32(vabsq_f32(x));
    return !all(vcgeq_u32(vsubq_u32(magnitude, vdupq_n_u32(1)), vdupq_n_u32(0x7fffff)));
  }
  static bool anyOutside(V x, float least, float most) {
    return !all(vandq_u32(vcgeq_f32(x, broadcast(least)), vcleq_f32(x, broadcast(most))));
  }
  static uint32_t largest(Bits x) { return vmaxvq_u32(x); }
  static void toDouble(V x, float64x2_t* to) {
    to[0] = vcvt_f64_f32(vget_low_f32(x));
    to[1] = vcvt_high_f64_f32(x);
  }
};

template <>
struct Lanes<double> {
  using V = float64x2_t;
  static constexpr size_t count = 2;

  static V broadcast(double x) { return vdupq_n_f64(x); }
  static V load(const double* from, All) { return vld1q_f64(from); }
  static V load(const double* from, size_t n) {
    double some[count] = {};
    copySome<double, count>(from, some, n);
    return vld1q_f64(some);
  }
  static void store(double* to, V x, All) { vst1q_f64(to, x); }
  static void store(double* to, V x, size_t n) {
    double every[count];
    vst1q_f64(every, x);
    copySome<double, count>(every, to, n);
  }
  static void toDouble(V x, V* to) { *to = x; }
};

inline float32x4_t toFloat(Lanes<float>::Bits x) { return vcvtq_f32_u32(x); }
inline float32x4_t fma(float32x4_t a, float32x4_t b, float32x4_t c) { return vfmaq_f32(c, a, b); }
inline float64x2_t fma(float64x2_t a, float64x2_t b, float64x2_t c) { return vfmaq_f64(c, a, b); }
inline float32x4_t sqrt(float32x4_t x) { return vsqrtq_f32(x); }
inline float64x2_t sqrt(float64x2_t x) { return vsqrtq_f64(x); }
inline float32x4_t divide(float32x4_t a, float32x4_t c, float32x4_t) { return a / c; }
inline float64x2_t divide(float64x2_t a, float64x2_t c, float64x2_t) { return a / c; }

constexpr bool kSpecialize = true, kMeetsSlowDenormals = false;

#include "../sweep.inl"

#include "../around.inl"

bool supported() { return true; }

}  // namespace

const Isa kNeon = {"neon", supported, find<float>, find<double>, sweepMixed, around};
