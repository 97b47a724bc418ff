#include "sparse-rows.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "piece.h"

bool SparseRows::take(const uint32_t* rows, size_t count, size_t end, size_t width) {
  given_ = count;
  width_ = width;
  rows_.resize(count);
  bool ascend = true;
  for (size_t i = 0; i < count; i++) {
    const uint32_t row = rows[i];  // once: the memory may be shared
    if (row >= end) return false;
    rows_[i] = row;
    ascend &= i == 0 || row > rows_[i - 1];
  }
  if (ascend) return true;

  const unsigned bits = std::bit_width(2 * count);
  table_.assign(size_t{1} << bits, 0);
  placeOf_.resize(count);
  uint32_t found = 0;
  for (size_t i = 0; i < count; i++) {
    const uint32_t row = rows_[i];
    // Multiplied by the golden ratio of 2^64: neighbours lie far apart, and so do those at regular distances.
    size_t at = row * 0x9e3779b97f4a7c15u >> (64 - bits);
    while (table_[at] != 0 && rows_[table_[at] - 1] != row) at = (at + 1) & (table_.size() - 1);
    if (table_[at] == 0) {
      rows_[found] = row;
      table_[at] = ++found;
    }
    placeOf_[i] = table_[at] - 1;
  }
  rows_.resize(found);
  return true;
}

template <class T>
void SparseRows::sum(const T* from, T* to) const {
  size_t found = 0;
  for (size_t i = 0; i < given_; i++, from += width_) {
    T* row = to + placeOf_[i] * width_;
    if (placeOf_[i] == found) {
      if (row != from) std::memcpy(row, from, width_ * sizeof(T));
      found++;
    } else {
      for (size_t k = 0; k < width_; k++) row[k] += from[k];
    }
  }
}
template void SparseRows::sum(const float*, float*) const;
template void SparseRows::sum(const double*, double*) const;

void SparseRows::makeRoom(unsigned copies) {
  if (copies <= rooms_) return;
  rooms_ = copies;
  memory_.resize(copies * kRoomBytes + kLine);
  room_ = memory_.data() + (kLine - reinterpret_cast<uintptr_t>(memory_.data()) % kLine);
}

SparseRows::Copy::Copy(const SparseRows& rows, unsigned room, const Piece& tensor, size_t from, size_t to, bool onlySum)
    : rows_(rows), next_(rows.room_ + room * kRoomBytes), piece_(partOf(tensor, from, to)) {
  const size_t width = rows.width_;
  const auto column = [&](void* array, size_t size) { return add(array, from * size, to * size, width * size); };
  const size_t wide = sizeOf(wideOf(tensor.type));
  for (unsigned k = 0; k < kSweptStates; k++)
    if (tensor.common[k] && (!onlySum || k == gradientSum)) piece_.common[k] = column(tensor.common[k], wide);
  if (onlySum) return;
  piece_.parameter = column(tensor.parameter, sizeOf(tensor.type));
  for (unsigned k = 0; k < kMaxStates; k++) {
    if (!tensor.state[k]) continue;
    piece_.state[k] = column(tensor.state[k], sizeOf(tensor.stateType));
    if (tensor.stateType == DataType::uint8)
      piece_.scale[k] = static_cast<float*>(add(tensor.scale[k], from / kBlock * sizeof(float),
                                                to / kBlock * sizeof(float), width / kBlock * sizeof(float)));
  }
}

void* SparseRows::Copy::add(void* array, size_t from, size_t to, size_t rowBytes) {
  Column& column = columns_[count_++];
  column = {static_cast<char*>(array), next_, from, to, rowBytes};
  next_ += (to - from + kLine - 1) / kLine * kLine;
  rows_.copy<true>(column.array, column.copy, from, to, rowBytes);
  return column.copy;
}

void SparseRows::Copy::putBack() const {
  for (size_t k = 0; k < count_; k++) {
    const auto& [array, copy, from, to, rowBytes] = columns_[k];
    rows_.copy<false>(array, copy, from, to, rowBytes);
  }
}

namespace {

template <bool gathers>
void move(char* array, char* copy, size_t bytes) {
  std::memcpy(gathers ? copy : array, gathers ? array : copy, bytes);
}

// Whole rows of so few bytes that a call to copy one would take longer than to copy it.
template <bool gathers, size_t bytes>
void moveRows(char* array, char* copy, const uint32_t* rows, size_t count) {
  for (size_t k = 0; k < count; k++) move<gathers>(array + rows[k] * bytes, copy + k * bytes, bytes);
}

template <bool gathers>
auto shortRows(size_t bytes) -> decltype(&moveRows<gathers, 4>) {
  switch (bytes) {
    case 2:
      return moveRows<gathers, 2>;
    case 4:
      return moveRows<gathers, 4>;
    case 8:
      return moveRows<gathers, 8>;
    case 16:
      return moveRows<gathers, 16>;
    case 32:
      return moveRows<gathers, 32>;
    case 64:
      return moveRows<gathers, 64>;
    default:
      return nullptr;
  }
}

}  // namespace

// Between the places of the rows in an array and a copy of some of their bytes, counted over all rows.
template <bool gathers>
void SparseRows::copy(char* array, char* copy, size_t from, size_t to, size_t rowBytes) const {
  size_t k = from / rowBytes, within = from % rowBytes;
  if (const auto moveAll = shortRows<gathers>(rowBytes); moveAll && within == 0 && to % rowBytes == 0)
    return moveAll(array, copy, rows_.data() + k, (to - from) / rowBytes);
  for (size_t left = to - from; left > 0; within = 0) {
    size_t bytes = rowBytes - within;
    const char* there = array + rows_[k] * rowBytes + within;
    // Rows that follow each other lie side by side. The first one does not follow the last that there can be.
    for (; ++k < rows_.size() && bytes < left && rows_[k] == size_t{rows_[k - 1]} + 1;) bytes += rowBytes;
    bytes = std::min(bytes, left);
    move<gathers>(const_cast<char*>(there), copy, bytes);
    copy += bytes;
    left -= bytes;
  }
}
