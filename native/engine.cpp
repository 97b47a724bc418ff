#include "engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "floating-point.h"
#include "norms.h"
#include "piece.h"
#include "team.h"
#include "transformation.h"

namespace {

// From this many elements on threads pay even if they have to be woken, and each must have so many to be worth its
// cost.
constexpr size_t kParallel = 262144, kElementsPerThread = 16384;

// Threads meet at whole blocks of states of type uint8, which are whole cache lines of any type.
constexpr size_t kCut = kBlock;

// So many chunks are updated between two looks at samples of them: they are still in a cache.
constexpr size_t kSampledChunks = 32;

const Isa* fastest() {
  for (const Isa* isa : kIsas)
    if (isa->supported()) return isa;
  return &kScalar;
}

}  // namespace

Configuration& configuration() {
  static constinit Configuration shared{nullptr, 0};
  const Isa* none = nullptr;
  if (!shared.isa) shared.isa.compare_exchange_strong(none, fastest());
  return shared;
}

void Plan::runTensor(size_t i, size_t from, size_t to) {
  if (paces_.empty()) paces_.resize(size());
  active_.clear();
  activate(*configuration().isa, i, from, to);
  run(i, i + 1, paces_[i]);
}

void Plan::runRows(size_t i) {
  const PlainFloatingPoint plain;
  const Tensor& tensor = tensors_[i];
  const size_t bytes = rowGradients_.end - rowGradients_.begin;
  if (skips(i) || bytes == 0) return;
  void* gradients = const_cast<char*>(rowGradients_.begin);
  rowsPiece_ = piece(i, 0, tensor.length);
  rowsPiece_.gradient = gradients;
  if (sparseRows_.anyAgain()) {
    const size_t count = bytes / sizeOf(tensor.type);
    sum_.resize(std::max(sum_.size(), count));
    rowsPiece_.gradient = sum_.data();
    if (tensor.type == DataType::float64) {
      sparseRows_.sum(static_cast<const double*>(gradients), sum_.data());
    } else {
      float* sum = reinterpret_cast<float*>(sum_.data());
      rowsPiece_.gradientIsFloat32 = true;
      if (tensor.type == DataType::float32) {
        sparseRows_.sum(static_cast<const float*>(gradients), sum);
      } else {
        Piece all = rowsPiece_;
        all.gradient = gradients;
        all.gradientIsFloat32 = false;
        all.length = count;
        configuration().isa.load()->around().widen(all, sum);
        sparseRows_.sum(sum, sum);
      }
    }
  }
  sparseRows_.makeRoom(mostThreads(sparseRows_.elements()));
  ofRows_ = true;
  runTensor(i, 0, sparseRows_.elements());
  ofRows_ = false;
  if (asks(kZeroes)) std::memset(gradients, 0, bytes);
}

void Plan::run() {
  active_.clear();
  for (size_t i = 0; i < size(); i++) activate(*configuration().isa, i, 0, tensors_[i].length);
  run(0, size(), pace_);
}

void Plan::activate(const Isa& isa, size_t i, size_t from, size_t to) {
  if (skips(i) || from == to) return;
  const size_t start = active_.empty() ? 0 : active_.back().start + active_.back().length;
  active_.push_back({start, firstChunks_[i] + from / kNormChunk, i, from, to - from, nullptr});
  findSweep(isa, active_.back(), active_.size() > 1 ? &active_.end()[-2] : nullptr);
}

// What is to be done with the active tensors: those from the first number to the one before `end`, but for those that
// are skipped.
void Plan::run(size_t first, size_t end, Pace& pace) {
  const size_t elements = active_.empty() ? 0 : active_.back().start + active_.back().length;
  if (asks(kMeasures)) {
    const auto phase = static_cast<Phase>(request_[kPhase]);
    if (phase != kAfterNorms) sumSquares(elements);
    if (phase == kOnlySums) return;
    if (phase == kWholeStep) findNorms(first, end);
    if (asks(kRefuses) && std::isnan(norms_[0])) {
      if (asks(kZeroesRefused)) zeroGradients();
      return;
    }
  }
  if (asks(kAccumulates))
    inParts(mostThreads(elements), elements, &Plan::accumulateRange);
  else if (asks(kReports))
    report(elements);
  else
    update(elements, pace);
}

unsigned Plan::mostThreads(size_t elements) const {
  size_t useful = elements < kParallel ? 1 : elements / kElementsPerThread;
  if (ofRows_) useful = std::min<size_t>(useful, sparseRows_.rooms());  // others may have configured more since
  return static_cast<unsigned>(std::clamp<size_t>(configuration().threads, 1, useful));
}

void Plan::inParts(unsigned threads, size_t elements, Part part) const {
  if (threads == 1 || !share(threads, elements, part)) (this->*part)({0, elements, 0});
}

void Plan::update(size_t elements, Pace& pace) {
  const unsigned most = mostThreads(elements);
  if (most == 1) return updateRange({0, elements, 0});
  const PlainFloatingPoint plain;  // for the pace
  unsigned threads = pace.choose(most);
  const auto start = std::chrono::steady_clock::now();
  if (threads == 1 || !share(threads, elements, &Plan::updateRange)) {
    updateRange({0, elements, 0});
    threads = 1;
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  pace.tell(threads, time.count() / static_cast<double>(elements));
}

// An update, and what it changes.
void Plan::report(size_t elements) {
  const PlainFloatingPoint plain;
  changes_.resize(chunks_);
  inParts(mostThreads(elements), elements, &Plan::reportRange);
  for (const Active& active : active_) {
    Change all;
    for (size_t k = 0; k < chunksOf(active.length); k++) {
      const Change& chunk = changes_[active.chunks + k];
      all.gradient += chunk.gradient;
      all.update += chunk.update;
      all.parameter += chunk.parameter;
      all.zeroUpdates += chunk.zeroUpdates;
      all.largestRate = largerRate(chunk.largestRate, all.largestRate);
    }
    const double report[kReportWidth] = {std::sqrt(all.gradient), std::sqrt(all.update), std::sqrt(all.parameter),
                                         all.zeroUpdates / static_cast<double>(active.length), all.largestRate};
    std::copy(std::begin(report), std::end(report), reports_ + active.tensor * kReportWidth);
  }
}

void Plan::zeroGradients() const {
  for (const Active& active : active_) {
    const Tensor& tensor = tensors_[active.tensor];
    std::memset(gradients_[active.tensor], 0, tensor.length * sizeOf(tensor.type));
  }
}

// Of the gradients, chunk by chunk.
void Plan::sumSquares(size_t elements) {
  const PlainFloatingPoint plain;
  inParts(mostThreads(elements), elements, &Plan::measureRange);
}

// Norms, and what gradients are to be multiplied by.
void Plan::findNorms(size_t first, size_t end) {
  const PlainFloatingPoint plain;
  std::fill(squares_ + first, squares_ + end, 0);
  for (const Active& active : active_) {
    for (size_t k = 0; k < chunksOf(active.length); k++) squares_[active.tensor] += sums_[active.chunks + k];
    limits_[active.tensor] = rows_[rowOf_[active.tensor] * rowWidth_ + kScalars + Transformation::clipNorm];
  }
  clipNorms(squares_, limits_, first, end, request_[kClipGlobalNorm], norms_, multipliers_);
}

bool Plan::share(unsigned threads, size_t elements, Part part) const {
  struct Context {
    const Plan& plan;
    size_t elements;
    Part part;
  } context{*this, elements, part};
  return Team::ofProcess().share(threads,
                                 {&context, [](void* work, unsigned share, unsigned shares) {
                                    const auto& [plan, elements, part] = *static_cast<Context*>(work);
                                    (plan.*part)({elements * share / shares, elements * (share + 1) / shares, share});
                                  }});
}

// That of the tensor before, if it is alike: mostly it is.
void Plan::findSweep(const Isa& isa, Active& active, const Active* before) const {
  const Tensor& tensor = tensors_[active.tensor];
  const int32_t rowAt = rowOf_[active.tensor];
  const Row row = rows_ + rowAt * rowWidth_;
  if (before && rowOf_[before->tensor] == rowAt && tensors_[before->tensor].type == tensor.type) {
    active.sweep = before->sweep;
  } else {
    active.sweep = (tensor.type == DataType::float64 ? isa.findFloat64 : isa.findFloat32)(rule_, row);
  }
}

// Does work with pieces of every active tensor, of at most so many elements each. Within a tensor shares meet at whole
// units.
void Plan::eachPiece(Share share, size_t unit, size_t most, bool onlySum, Work work) const {
  const PlainFloatingPoint plain;
  const auto [begin, end, number] = share;
  auto active = std::upper_bound(active_.begin(), active_.end(), begin,
                                 [](size_t at, const Active& tensor) { return at < tensor.start; });
  if (active != active_.begin()) --active;
  for (; active != active_.end() && active->start < end; ++active) {
    const size_t length = active->length;
    const auto cut = [&](size_t at) {
      if (at <= active->start) return size_t{0};
      const size_t within = at - active->start;
      return within >= length ? length : within / unit * unit;
    };
    const Row row = rows_ + rowOf_[active->tensor] * rowWidth_;
    const size_t to = cut(end);
    for (size_t at = cut(begin), next; at < to; at = next) {
      next = at + std::min(most, to - at);
      if (ofRows_)
        withRows(number, *active, at, next, onlySum, work, row);
      else
        (this->*work)(*active, at, piece(active->tensor, active->first + at, active->first + next), row);
    }
  }
}

// If only rows are being updated, a piece is of these.
void Plan::withRows(unsigned room, const Active& active, size_t at, size_t end, bool onlySum, Work work,
                    Row row) const {
  Piece tensor = rowsPiece_;
  tensor.multiplier = multipliers_[active.tensor];
  const SparseRows::Copy copy(sparseRows_, room, tensor, active.first + at, active.first + end, onlySum);
  (this->*work)(active, at, copy.piece(), row);
  copy.putBack();
}

void Plan::measureRange(Share share) const { eachPiece(share, kNormChunk, kNormChunk, true, &Plan::measureChunk); }

void Plan::accumulateRange(Share share) const { eachPiece(share, kCut, kAroundBlock, true, &Plan::accumulatePart); }

void Plan::updateRange(Share share) const {
  if (asks(kSamples)) return eachPiece(share, kNormChunk, kSampledChunks * kNormChunk, false, &Plan::updateChunks);
  const size_t most = ofRows_ || asks(kZeroes) ? kAroundBlock : SIZE_MAX;
  eachPiece(share, kCut, most, false, &Plan::updatePart);
}

// A chunk at a time, so that it is still in the caches when it is looked at again.
void Plan::reportRange(Share share) const { eachPiece(share, kNormChunk, kNormChunk, false, &Plan::reportChunk); }

void Plan::measureChunk(const Active& active, size_t at, const Piece& chunk, Row row) const {
  sums_[active.chunks + at / kNormChunk] = configuration().isa.load()->around().sumOfSquares(chunk, row);
}

void Plan::accumulatePart(const Active&, size_t, const Piece& part, Row row) const {
  configuration().isa.load()->around().accumulate(part, row);
  zeroGradient(part);
}

void Plan::updatePart(const Active& active, size_t, const Piece& part, Row row) const {
  if (tensors_[active.tensor].mixed())
    configuration().isa.load()->sweepMixed(rule_, part, row, active.sweep);
  else
    active.sweep(part, row);
  zeroGradient(part);
}

// Looks at samples of the chunks before and after their update, if the step asks for them.
void Plan::updateChunks(const Active& active, size_t at, const Piece& chunks, Row row) const {
  if (!asks(kSamples)) return updatePart(active, at, chunks, row);
  const Around& around = configuration().isa.load()->around();
  // A chunk has more than one run only in tensors with no more than the chunks have here.
  alignas(64) char before[kSampledChunks * kSampleRun * sizeof(double)];
  double* sums = samples_ + kSampleSums * (active.chunks + at / kNormChunk);
  around.rememberSample(chunks, before);
  if (const ptrdiff_t kept = tensors_[active.tensor].common[distanceSample]; kept >= 0) {
    const size_t first = (active.first + at) / chunks.spacing * kDistanceRun;
    const size_t size = chunks.type == DataType::float64 ? sizeof(double) : sizeof(float);
    around.estimateDistance(chunks, row, distances_ + kDistanceNumbers * active.tensor, arena_ + kept + first * size,
                            sums);
  }
  updatePart(active, at, chunks, row);
  around.compareSample(chunks, before, sums);
}

void Plan::reportChunk(const Active& active, size_t at, const Piece& chunk, Row row) const {
  const Around& around = configuration().isa.load()->around();
  alignas(64) char gradients[kNormChunk * sizeof(double)], parameters[kNormChunk * sizeof(double)];
  around.remember(chunk, row, gradients, parameters);
  updateChunks(active, at, chunk, row);
  changes_[active.chunks + at / kNormChunk] = around.compare(chunk, gradients, parameters);
}

void Plan::zeroGradient(const Piece& piece) const {
  if (asks(kZeroes) && !ofRows_) std::memset(piece.gradient, 0, piece.length * sizeOf(piece.type));
}

// The elements of tensor i from the one number to the other.
Piece Plan::piece(size_t i, size_t from, size_t to) const {
  const Tensor& tensor = tensors_[i];
  Piece piece;
  piece.parameter = tensor.parameter;
  piece.gradient = gradients_[i];
  for (size_t k = 0; k < kMaxStates; k++) piece.state[k] = tensor.state[k] < 0 ? nullptr : arena_ + tensor.state[k];
  for (size_t k = 0; k < kSweptStates; k++)
    piece.common[k] = tensor.common[k] < 0 ? nullptr : arena_ + tensor.common[k];
  piece.length = tensor.length;
  piece.following = 0;
  piece.codec = nullptr;
  piece.type = tensor.type;
  piece.stateType = tensor.stateType;
  piece.gradientIsFloat32 = false;
  piece.multiplier = multipliers_[i];
  piece.tensor = static_cast<uint32_t>(i);
  piece.block = tensor.firstBlock;
  piece.spacing = tensor.spacing;
  // The scales of a state follow it, at the next multiple of 4 bytes.
  for (size_t k = 0; k < kMaxStates; k++)
    piece.scale[k] =
        piece.state[k] ? reinterpret_cast<float*>(arena_ + tensor.state[k] + (tensor.length + 3) / 4 * 4) : nullptr;
  return partOf(piece, from, to);
}
