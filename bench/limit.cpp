// The limit: a loop with the streams of a rule and next to no arithmetic, as fast as this machine's memory lets it be.
// It reads p, g and the states s, and writes p and s: one addition and one subtraction a lane.
#include <napi.h>
#include <omp.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace {

constexpr size_t kLine = 16;    // elements of a cache line
constexpr size_t kPage = 1024;  // elements of a page
constexpr size_t kAhead = 512;  // elements from a load to the prefetch beside it: 2 KB
constexpr size_t kMaxStates = 3;

struct Tensor {
  float* p;
  const float* g;
  float* s[kMaxStates];
  size_t length;
};

using Loop = void (*)(const Tensor&, size_t begin, size_t end);

template <size_t states>
[[gnu::always_inline]] inline void lane(const Tensor& t, size_t i) {
  t.p[i] += t.g[i];
  for (size_t k = 0; k < states; k++) t.s[k][i] -= t.g[i];
}

// What one would write, for the compiler to vectorise.
template <size_t states>
void plain(const Tensor& tensor, size_t begin, size_t end) {
  const Tensor t = tensor;
#pragma omp simd
  for (size_t i = begin; i < end; i++) lane<states>(t, i);
}

// The same from line to line of p, with every stream prefetched, but none beyond the end.
template <size_t states>
void tuned(const Tensor& tensor, size_t begin, size_t end) {
  const Tensor t = tensor;
  const size_t address = reinterpret_cast<uintptr_t>(t.p + begin) / sizeof(float);
  size_t i = std::min(end, begin + (kLine - address % kLine) % kLine);
  plain<states>(t, begin, i);
  for (; i + kLine + kAhead <= end; i += kLine) {
    __builtin_prefetch(t.g + i + kAhead);
    __builtin_prefetch(t.p + i + kAhead, 1);
    for (size_t k = 0; k < states; k++) __builtin_prefetch(t.s[k] + i + kAhead, 1);
#pragma omp simd
    for (size_t j = 0; j < kLine; j++) lane<states>(t, i + j);
  }
  plain<states>(t, i, end);
}

constexpr Loop kPlain[] = {plain<0>, plain<1>, plain<2>, plain<3>};
constexpr Loop kTuned[] = {tuned<0>, tuned<1>, tuned<2>, tuned<3>};

// All tensors in one parallel region, shared out like the step's: contiguous runs, cut at lines.
struct Limit {
  std::vector<Tensor> tensors;
  size_t elements = 0;
  Napi::ObjectReference memory[2];

  void run(Loop loop, int threads) const {
    if (threads == 1) return runRange(loop, 0, elements);
#pragma omp parallel num_threads(threads)
    {
      const size_t team = omp_get_num_threads(), me = omp_get_thread_num();
      runRange(loop, elements * me / team, elements * (me + 1) / team);
    }
  }

  void runRange(Loop loop, size_t begin, size_t end) const {
    size_t start = 0;
    for (const Tensor& tensor : tensors) {
      const auto cut = [&](size_t at) {
        if (at <= start) return size_t{0};
        return at - start >= tensor.length ? tensor.length : (at - start) / kLine * kLine;
      };
      if (cut(begin) < cut(end)) loop(tensor, cut(begin), cut(end));
      start += tensor.length;
    }
  }
};

// The first place from here on that lies in its cache line as p does and, where the tensor is large, in its page so
// much farther on that the streams do not meet in the first cache: the k-th state as the optimizers lay it out.
float* alike(float* from, const Tensor& tensor, size_t k) {
  const size_t unit = tensor.length < 4 * kPage ? kLine : kPage;
  const auto place = [&](const float* at) { return reinterpret_cast<uintptr_t>(at) / sizeof(float) % unit; };
  return from + (place(tensor.p) + (1 + k) * (kPage / 4) + unit - place(from)) % unit;
}

// (states, [p, g, p, g, ...], arena) => { plain(threads), tuned(threads) }
// The arena has room for all states, and for a page more with each.
Napi::Value prepare(const Napi::CallbackInfo& info) {
  const size_t states = info[0].As<Napi::Number>().Uint32Value();
  const Napi::Array arrays = info[1].As<Napi::Array>();
  Napi::Float32Array arena = info[2].As<Napi::Float32Array>();
  const auto limit = std::make_shared<Limit>();
  limit->memory[0] = Napi::Persistent(arrays.As<Napi::Object>());
  limit->memory[1] = Napi::Persistent(arena.As<Napi::Object>());

  const auto array = [&](uint32_t at) { return Napi::Value(arrays[at]).As<Napi::Float32Array>(); };
  float* end = arena.Data();
  for (uint32_t at = 0; at < arrays.Length(); at += 2) {
    Tensor tensor{array(at).Data(), array(at + 1).Data(), {}, array(at).ElementLength()};
    for (size_t k = 0; k < states; k++) {
      tensor.s[k] = alike(end, tensor, k);
      end = tensor.s[k] + tensor.length;
    }
    limit->elements += tensor.length;
    limit->tensors.push_back(tensor);
  }

  const auto function = [&](Loop loop) {
    return Napi::Function::New(info.Env(), [limit, loop](const Napi::CallbackInfo& info) {
      limit->run(loop, info[0].As<Napi::Number>().Int32Value());
    });
  };
  Napi::Object loops = Napi::Object::New(info.Env());
  loops["plain"] = function(kPlain[states]);
  loops["tuned"] = function(kTuned[states]);
  return loops;
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports["prepare"] = Napi::Function::New(env, prepare, "prepare");
  return exports;
}

}  // namespace

NODE_API_MODULE(limit, initialize)
