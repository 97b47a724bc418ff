#include "engine.h"

#include <algorithm>
#include <chrono>

#include "floating-point.h"
#include "team.h"

namespace {

#if defined(__x86_64__)
const bool isIntel = (__builtin_cpu_init(), __builtin_cpu_is("intel") != 0);
const bool isZen3Or4 = __builtin_cpu_is("amdfam19h") != 0;
#else
constexpr bool isIntel = false, isZen3Or4 = false;
#endif

}  // namespace

#if defined(RMSPROP_SLOW_ARITHMETIC)  // for tests, on any processor
const bool kSlowDivider = true, kSlowDenormals = true;
#else
const bool kSlowDivider = isIntel, kSlowDenormals = isIntel;
#endif
const bool kPrefetches = !isZen3Or4;

namespace {

// From this many elements on threads pay even if they have to be woken, and each must have so many to be worth its
// cost.
constexpr size_t kParallel = 262144, kElementsPerThread = 16384;

// Threads meet at whole blocks of states of type uint8, which are whole cache lines of any type.
constexpr size_t kCut = kBlock;

const Isa* fastest() {
  for (const Isa* isa : kIsas)
    if (isa->supported()) return isa;
  return &kScalar;
}

}  // namespace

Configuration& configuration() {
  static Configuration shared{fastest(), 0};
  return shared;
}

Plan::Plan(unsigned rule, std::vector<Tensor> tensors, char* arena, size_t arenaBytes, const double* rows,
           size_t rowWidth, const int32_t* rowOf)
    : rule_(rule),
      tensors_(std::move(tensors)),
      arena_(arena),
      arenaBytes_(arenaBytes),
      rows_(rows),
      rowWidth_(rowWidth),
      rowOf_(rowOf),
      gradients_(tensors_.size()) {
  active_.reserve(tensors_.size());
  written_.push_back({arena_, arena_ + arenaBytes_});
  for (size_t i = 0; i < size(); i++) written_.push_back(interval(tensors_[i].parameter, i));
  std::erase_if(written_, [](const Interval& memory) { return memory.begin == memory.end; });
  std::sort(written_.begin(), written_.end(), [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
}

bool Plan::Tensor::mixed() const {
  return type == DataType::bfloat16 || type == DataType::float16 ||
         (type == DataType::float32 && stateType != DataType::float32);
}

Plan::Interval Plan::interval(const void* data, size_t i) const {
  const char* begin = static_cast<const char*>(data);
  return {begin, begin + tensors_[i].length * sizeOf(tensors_[i].type)};
}

bool Plan::parametersDisjoint() const {
  return std::adjacent_find(written_.begin(), written_.end(),
                            [](const Interval& a, const Interval& b) { return a.end > b.begin; }) == written_.end();
}

bool Plan::setGradient(size_t i, const void* data) {
  if (gradients_[i] == data) return true;
  const Interval gradient = interval(data, i);
  const auto next = std::upper_bound(written_.begin(), written_.end(), gradient.begin,
                                     [](const char* at, const Interval& memory) { return at < memory.end; });
  if (gradient.begin < gradient.end && next != written_.end() && next->begin < gradient.end) return false;
  gradients_[i] = data;
  return true;
}

void Plan::run() {
  const Isa& isa = *configuration().isa;
  active_.clear();
  size_t elements = 0;
  for (size_t i = 0; i < size(); i++) {
    if (skips(i) || tensors_[i].length == 0) continue;
    active_.push_back({elements, i, nullptr, nullptr});
    findSweeps(isa, active_.back(), active_.size() > 1 ? &active_.end()[-2] : nullptr);
    elements += tensors_[i].length;
  }

  const size_t useful = elements < kParallel ? 1 : elements / kElementsPerThread;
  const unsigned most = static_cast<unsigned>(std::clamp<size_t>(configuration().threads, 1, useful));
  if (most == 1) return runRange(0, elements);
  const PlainFloatingPoint plain;  // for the pace
  unsigned threads = pace_.choose(most);
  const auto start = std::chrono::steady_clock::now();
  if (threads == 1 || !share(threads, elements)) {
    runRange(0, elements);
    threads = 1;
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  pace_.tell(threads, time.count() / static_cast<double>(elements));
}

bool Plan::share(unsigned threads, size_t elements) const {
  struct Context {
    const Plan& plan;
    size_t elements;
  } context{*this, elements};
  return Team::ofProcess().share(threads, {&context, [](void* work, unsigned share, unsigned shares) {
                                             const auto& [plan, elements] = *static_cast<Context*>(work);
                                             plan.runRange(elements * share / shares, elements * (share + 1) / shares);
                                           }});
}

// Those of the tensor before, if it is alike: mostly it is.
void Plan::findSweeps(const Isa& isa, Active& active, const Active* before) const {
  const Tensor& tensor = tensors_[active.tensor];
  const int32_t row = rowOf_[active.tensor];
  if (before && rowOf_[before->tensor] == row && tensors_[before->tensor].type == tensor.type &&
      tensors_[before->tensor].stateType == tensor.stateType) {
    active.sweep = before->sweep;
    active.rest = before->rest;
  } else if (tensor.mixed()) {
    active.sweep = isa.findMixed(rule_, tensor.type, tensor.stateType, true);
    active.rest = isa.findMixed(rule_, tensor.type, tensor.stateType, false);
  } else {
    active.sweep = isa.find(rule_, tensor.type, rows_ + row * rowWidth_);
  }
}

// Runs the elements from begin to end, counted over all active tensors.
void Plan::runRange(size_t begin, size_t end) const {
  const PlainFloatingPoint plain;
  auto active = std::upper_bound(active_.begin(), active_.end(), begin,
                                 [](size_t at, const Active& tensor) { return at < tensor.start; });
  if (active != active_.begin()) --active;
  for (; active != active_.end() && active->start < end; ++active) {
    const Tensor& tensor = tensors_[active->tensor];
    const auto cut = [&](size_t at) {
      if (at <= active->start) return size_t{0};
      const size_t within = at - active->start;
      return within >= tensor.length ? tensor.length : within / kCut * kCut;
    };
    const size_t from = cut(begin), to = cut(end);
    if (from == to) continue;

    const Row row = rows_ + rowOf_[active->tensor] * rowWidth_;
    const size_t whole = active->rest ? to - (to - from) % kBlock : to;
    if (from < whole) active->sweep(piece(active->tensor, from, whole), row);
    if (whole < to) active->rest(piece(active->tensor, whole, to), row);
  }
}

// The elements of tensor i from the one number to the other.
Piece Plan::piece(size_t i, size_t from, size_t to) const {
  const Tensor& tensor = tensors_[i];
  Piece piece;
  piece.parameter = static_cast<char*>(tensor.parameter) + from * sizeOf(tensor.type);
  piece.gradient = static_cast<const char*>(gradients_[i]) + from * sizeOf(tensor.type);
  for (size_t k = 0; k < kMaxStates; k++) piece.state[k] = arena_ + tensor.state[k] + from * sizeOf(tensor.stateType);
  piece.length = to - from;
  if (!tensor.mixed()) return piece;

  piece.type = tensor.type;
  piece.stateType = tensor.stateType;
  piece.tensor = static_cast<uint32_t>(i);
  piece.block = static_cast<uint32_t>(from / kBlock);
  piece.master = tensor.master < 0 ? nullptr : reinterpret_cast<float*>(arena_ + tensor.master) + from;
  // The scales of a state follow it, at the next multiple of 4 bytes.
  for (size_t k = 0; k < kMaxStates; k++)
    piece.scale[k] = reinterpret_cast<float*>(arena_ + tensor.state[k] + (tensor.length + 3) / 4 * 4) + from / kBlock;
  return piece;
}
