#include "team.h"

#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "system-thread.h"

namespace {

// Waking a sleeping thread takes longer than many a step: whoever waits looks so often before it falls asleep. It is
// what the threads of the OpenMP library do, and how often they do it.
const uint32_t kSpinCount = [] {
  const char* asked = std::getenv("GOMP_SPINCOUNT");
  const unsigned long turns = asked ? std::strtoul(asked, nullptr, 10) : 20000;
  return static_cast<uint32_t>(std::min(turns, 1000000ul));
}();

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void waitWhile(const std::atomic<uint32_t>& counter, uint32_t value) {
  for (uint32_t turn = 0; turn < kSpinCount; turn++) {
    if (counter.load(std::memory_order_acquire) != value) return;
    pause();
  }
  sleepWhile(counter, value);
}

void advance(std::atomic<uint32_t>& counter) {
  counter.fetch_add(1, std::memory_order_release);
  wakeAll(counter);
}

Team& processTeam = *new Team;

}  // namespace

Team& Team::ofProcess() { return processTeam; }

bool Team::share(unsigned shares, Work work) {
  if (leader_ == pthread_self()) {
    runShares(0, shares, work);
    return true;
  }
  uint32_t done;
  {
    const std::lock_guard lock(mutex_);
    if (claimed_ || running_ || !jobs_.empty() || !ensureLeader()) return false;
    claimed_ = true;
    shared_ = work;
    shares_ = shares;
    done = shared_done_.load(std::memory_order_relaxed);
  }
  advance(rings_);
  work.run(work.context, 0, shares);
  waitWhile(shared_done_, done);
  return true;
}

bool Team::post(Job& job) {
  {
    const std::lock_guard lock(mutex_);
    if (!ensureLeader()) return false;
    jobs_.push_back(&job);
  }
  advance(rings_);
  return true;
}

bool Team::cancel(Job& job, bool wait) {
  for (;;) {
    uint32_t done;
    {
      const std::lock_guard lock(mutex_);
      const auto waiting = std::find(jobs_.begin(), jobs_.end(), &job);
      if (waiting != jobs_.end()) {
        jobs_.erase(waiting);
        return true;
      }
      if (running_ != &job || !wait) return false;
      done = jobs_done_.load(std::memory_order_relaxed);
    }
    waitWhile(jobs_done_, done);
  }
}

void Team::shrink() {
  {
    const std::lock_guard lock(mutex_);
    if (!led_) return;
    shrinking_ = true;
  }
  advance(rings_);
}

bool Team::ensureLeader() {
  if (led_) return true;
  const WithoutSignals here;
  makeRoomForSteps();
  stayLoaded();
  SystemThread leader;
  const auto lead = [](void* team) -> void* {
    static_cast<Team*>(team)->lead();
    return nullptr;
  };
  led_ = leader.start(lead, this);
  if (led_) leader.detach();
  return led_;
}

void Team::lead() {
  leader_ = pthread_self();
  nameThisThread("rmsprop");
  for (;;) {
    const uint32_t rings = rings_.load(std::memory_order_acquire);
    std::unique_lock lock(mutex_);
    if (shrinking_) {
      shrinking_ = false;
      lock.unlock();
      endThreads();
    } else if (shares_ > 0) {
      const unsigned shares = std::exchange(shares_, 0);
      const Work work = shared_;
      lock.unlock();
      runShares(1, shares, work);
      lock.lock();
      claimed_ = false;
      advance(shared_done_);  // under the lock: whoever claims the team next waits for the count after this one
      lock.unlock();
    } else if (!jobs_.empty()) {
      running_ = jobs_.front();
      jobs_.erase(jobs_.begin());
      lock.unlock();
      running_->run();
      running_->finish();
      lock.lock();
      running_ = nullptr;
      lock.unlock();
      advance(jobs_done_);
    } else {
      lock.unlock();
      waitWhile(rings_, rings);
    }
  }
}

// Those that serve the leader. Where they cannot end, they go on sleeping.
void Team::endThreads() {
  if (!canExitThreads()) return;
  omp_pause_resource_all(omp_pause_hard);
  size_ = 1;
}

// All shares from the first one on, by the leader and the threads that serve it: the one parallel region. Threads that
// it does not need end; a region of one thread ends none, and one thread too many stays: where synchronous steps, whose
// caller takes a share, and asynchronous ones take turns, it would end and be made again at each of them.
void Team::runShares(unsigned first, unsigned shares, Work work) {
  const unsigned needed = shares - first;
  if (needed == 1) return work.run(work.context, first, shares);
  if (size_ != needed + 1) size_ = canGrowTo(needed);
#pragma omp parallel num_threads(size_)
  {
    const unsigned team = omp_get_num_threads(), me = omp_get_thread_num();
    for (unsigned share = first + me; share < shares; share += team) work.run(work.context, share, shares);
  }
}

// The OpenMP library ends the process if the system does not give it a thread. So ask before it does, for those that
// are not there yet.
unsigned Team::canGrowTo(unsigned threads) {
  if (threads <= size_) return threads;
  std::atomic<uint32_t> enough{0};
  const auto wait = [](void* counter) -> void* {
    sleepWhile(*static_cast<std::atomic<uint32_t>*>(counter), 0);
    return nullptr;
  };
  std::vector<SystemThread> given;
  for (SystemThread next; size_ + given.size() < threads && next.start(wait, &enough);) given.push_back(next);
  advance(enough);
  for (SystemThread& thread : given) thread.join();
  return size_ + static_cast<unsigned>(given.size());
}
