#include "task.h"

#include <algorithm>

bool Requests::test() {
  if (pending_.empty()) return true;
  const int count = static_cast<int>(pending_.size());
  indices_.resize(count);
  statuses_.resize(count);
  int completed = 0;
  const int error = MPI_Testsome(count, pending_.data(), &completed, indices_.data(), statuses_.data());
  if (error != MPI_SUCCESS && error_ == MPI_SUCCESS) {
    error_ = error;
    if (error == MPI_ERR_IN_STATUS)
      for (int i = 0; i < completed; i++)
        if (statuses_[i].MPI_ERROR != MPI_SUCCESS) error_ = statuses_[i].MPI_ERROR;
  }
  // Those that are left stay, whatever became of the others: MPI still works on their memory.
  std::erase(pending_, MPI_REQUEST_NULL);
  return pending_.empty();
}

void Task::agree(const World& world) {
  headers_.resize(world.size);
  requests_.start([&](MPI_Request* request) {
    constexpr int bytes = sizeof(Header);
    return MPI_Iallgather(&header, bytes, MPI_BYTE, headers_.data(), bytes, MPI_BYTE, world.agreement, request);
  });
}

bool Task::agreed() const {
  uint64_t balance = 0;
  for (const Header& other : headers_) {
    if (!(other == header)) return false;
    balance += other.balance;
  }
  return balance == 0;
}

bool Task::settle() {
  if (requests_.error() != MPI_SUCCESS) {
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(requests_.error(), text, &length);
    error_.assign(text, length);
  }
  settled_ = true;
  return true;
}

bool Task::progress(bool mayBegin) {
  while (requests_.test()) {
    if (requests_.error() != MPI_SUCCESS) return settle();
    if (next_ == 0) {
      if (!agreed()) return settle();
      if (!mayBegin) return false;
      headers_.clear();
    }
    if (next_ == stages.size()) return settle();
    stages[next_++](requests_);
  }
  return false;
}
