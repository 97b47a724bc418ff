// Whether threads are worth it. Where another program holds a processor, a step waits for its thread there, a
// millisecond or more, and one thread alone would have been faster: then it is, for a while.
#pragma once
#include <algorithm>

class Pace {
 public:
  // How many threads the next step takes, of so many.
  unsigned choose(unsigned threads) {
    steps_++;
    return steps_ == kMeasured || alone_ > 0 ? 1 : threads;
  }

  // How long that step took for each element, with so many threads.
  void tell(unsigned threads, double time) {
    if (threads == 1) {
      timeAlone_ = time;
      if (alone_ > 0) alone_--;
    } else if (waking_) {
      waking_ = false;
    } else if (steps_ > kMeasured) {
      // Late again and again: twice as many steps alone before the next try. In the meantime the threads fall asleep:
      // the step that wakes them does not count.
      pause_ = time > timeAlone_ ? std::min(2 * pause_ + 1, kLongest) : 0;
      alone_ = pause_;
      waking_ = pause_ > 0;
    }
  }

 private:
  // The first step makes threads and touches memory; the second tells what one thread takes.
  static constexpr unsigned kMeasured = 2;
  static constexpr unsigned kLongest = 255;

  unsigned long long steps_ = 0;
  double timeAlone_ = 0;
  unsigned pause_ = 0, alone_ = 0;  // steps with one thread: at a time, and left
  bool waking_ = false;
};
