// The memory of a plan: what it is made of, what each step brings, and whether all of that is disjoint.
#include <algorithm>
#include <cmath>

#include "engine.h"

Plan::Plan(unsigned rule, std::vector<Tensor> tensors, char* arena, size_t arenaBytes, const double* rows,
           size_t rowWidth, const int32_t* rowOf, const double* request, double* norms, double* reports,
           double* squares, double* sums, double* samples, const double* distances, double* multipliers)
    : rule_(rule),
      tensors_(std::move(tensors)),
      arena_(arena),
      arenaBytes_(arenaBytes),
      rows_(rows),
      rowWidth_(rowWidth),
      rowOf_(rowOf),
      request_(request),
      norms_(norms),
      reports_(reports),
      squares_(squares),
      sums_(sums),
      samples_(samples),
      distances_(distances),
      multipliers_(multipliers),
      gradients_(tensors_.size()),
      limits_(tensors_.size(), INFINITY) {
  firstChunks_.reserve(tensors_.size());
  for (const Tensor& tensor : tensors_) {
    firstChunks_.push_back(chunks_);
    chunks_ += chunksOf(tensor.length);
  }
  active_.reserve(tensors_.size());
  written_.push_back({arena_, arena_ + arenaBytes_});
  for (size_t i = 0; i < size(); i++) written_.push_back(interval(tensors_[i].parameter, i));
  std::erase_if(written_, [](const Interval& memory) { return memory.begin == memory.end; });
  parametersDisjoint_ = sortDisjoint(written_);
}

// Sorts intervals by their place, and tells whether no two share a byte.
bool Plan::sortDisjoint(std::vector<Interval>& all) {
  std::sort(all.begin(), all.end(), [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  return std::adjacent_find(all.begin(), all.end(),
                            [](const Interval& a, const Interval& b) { return a.end > b.begin; }) == all.end();
}

Plan::Interval Plan::interval(const void* data, size_t i) const {
  const char* begin = static_cast<const char*>(data);
  return {begin, begin + tensors_[i].length * sizeOf(tensors_[i].type)};
}

bool Plan::setGradient(size_t i, void* data) {
  if (gradients_[i] == data) return true;
  if (isWritten(interval(data, i))) return false;
  gradients_[i] = data;
  return true;
}

// Whether a parameter or the state shares a byte with this memory.
bool Plan::isWritten(Interval memory) const {
  const auto next = std::upper_bound(written_.begin(), written_.end(), memory.begin,
                                     [](const char* at, const Interval& other) { return at < other.end; });
  return memory.begin < memory.end && next != written_.end() && next->begin < memory.end;
}

bool Plan::gradientsDisjoint() const {
  if (!asks(kZeroes)) return true;
  std::vector<Interval> all;
  for (size_t i = 0; i < size(); i++)
    if (!skips(i) && tensors_[i].length > 0) all.push_back(interval(gradients_[i], i));
  return sortDisjoint(all);
}

bool Plan::setRows(size_t i, const uint32_t* rows, size_t count, size_t end, void* gradients, size_t width) {
  const Tensor& tensor = tensors_[i];
  char* begin = static_cast<char*>(gradients);
  rowGradients_ = {begin, begin + count * width * sizeOf(tensor.type)};
  const char* list = reinterpret_cast<const char*>(rows);
  if (isWritten(rowGradients_) || isWritten({list, list + count * sizeof *rows})) return false;
  return sparseRows_.take(rows, count, end, width);
}
