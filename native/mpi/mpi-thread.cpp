#include "mpi-thread.h"

#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "collectives.h"
#include "system-thread.h"

namespace {

using Clock = std::chrono::steady_clock;
// After nothing has happened for so long the thread sleeps between looks, so that ranks that share a processor get on.
// Until then it does not even yield: the scheduler gives the rest of its turn, milliseconds, to whoever asks for all.
constexpr auto kSpin = std::chrono::microseconds(50);
// Naps are short beside what has been waited for already, and never so long that buffers of the network run full.
constexpr std::chrono::nanoseconds kShortestNap = std::chrono::microseconds(20),
                                   kLongestNap = std::chrono::microseconds(100);

bool endsMpi(const Task& task) { return task.header.kind == static_cast<uint64_t>(Kind::finalize); }

}  // namespace

MpiThread& MpiThread::ofProcess() {
  static auto* thread = new MpiThread;
  return *thread;
}

std::string MpiThread::open(size_t pieceLength) {
  world_.pieceLength = pieceLength;
  std::unique_lock lock(mutex_);
  const WithoutSignals signals;
  try {
    std::thread([this] { run(); }).detach();
  } catch (const std::system_error& error) {
    return error.what();
  }
  settled_.wait(lock, [&] { return state_ != State::unborn; });
  // Whatever way the process ends, short of a signal: at exit() all its threads are still there.
  if (failure_.empty()) std::atexit([] { ofProcess().abortUnlessClosed(); });
  return failure_;
}

std::string MpiThread::start() {
  int provided = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) return "MPI_Init_thread failed";
  if (provided < MPI_THREAD_FUNNELED) return "this MPI is built without support for threads";
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  for (MPI_Comm* communicator : {&world_.agreement, &world_.data})
    if (MPI_Comm_dup(MPI_COMM_WORLD, communicator) != MPI_SUCCESS) return "MPI_Comm_dup failed";
  MPI_Comm_rank(MPI_COMM_WORLD, &world_.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &world_.size);
  int *largest = nullptr, found = 0;
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &largest, &found);
  world_.tags = found ? *largest : 32767;  // what every MPI has
  char host[MPI_MAX_PROCESSOR_NAME];
  int length = 0;
  MPI_Get_processor_name(host, &length);
  world_.host.assign(host, length);
  return "";
}

void MpiThread::run() {
  nameThisThread("rmsprop-mpi");
#if defined(__linux__)
  prctl(PR_SET_TIMERSLACK, 1000);  // a nap of 20 us takes 70 otherwise
#endif
  const std::string failure = start();
  std::unique_lock lock(mutex_);
  failure_ = failure;
  state_ = failure.empty() ? State::open : State::closed;
  settled_.notify_all();

  std::deque<Task*> active;
  auto lastChange = Clock::now();
  while (state_ == State::open) {
    const auto mustLook = [&] { return !posted_.empty() || abortCode_ != 0; };
    const auto idle = Clock::now() - lastChange;
    if (active.empty())
      wake_.wait(lock, mustLook);
    else if (idle > kSpin)
      wake_.wait_for(lock, std::clamp<std::chrono::nanoseconds>(idle / 8, kShortestNap, kLongestNap), mustLook);
    std::deque<Task*> added;
    added.swap(posted_);
    lock.unlock();

    if (abortCode_ != 0) end();
    for (Task* task : added) {
      task->agree(world_);
      active.push_back(task);
    }
    bool changed = !added.empty(), allHaveBegun = true, allAreSettled = true;  // those before
    std::erase_if(active, [&](Task* task) {
      const bool begun = task->hasBegun(), settled = task->progress(endsMpi(*task) ? allAreSettled : allHaveBegun);
      allHaveBegun = allHaveBegun && task->hasBegun();
      allAreSettled = allAreSettled && settled;
      changed |= task->hasBegun() != begun || settled;
      if (settled) finish(*task);
      return settled;
    });
    if (changed) lastChange = Clock::now();
    lock.lock();
  }
}

void MpiThread::finish(Task& task) {
  if (endsMpi(task) && task.succeeded()) {
    MPI_Finalize();
    const std::lock_guard lock(mutex_);
    state_ = State::closed;
  }
  if (task.whenSettled) return task.whenSettled(task);
  const std::lock_guard lock(mutex_);
  waitedFor_.push_back(&task);
  settled_.notify_all();
}

void MpiThread::post(Task& task) {
  const std::lock_guard lock(mutex_);
  posted_.push_back(&task);
  wake_.notify_one();
}

void MpiThread::wait(const Task& task) {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [&] { return std::erase(waitedFor_, &task) > 0; });
}

void MpiThread::abort(const std::string& reason, int code) {
  int none = 0;
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::open) std::_Exit(code);
    if (abortCode_.compare_exchange_strong(none, code)) {
      fprintf(stderr, "rmsprop: rank %d (%s): %s\n", world_.rank, world_.host.c_str(), reason.c_str());
      fflush(stderr);
    }
    wake_.notify_one();
  }
  sleep(10);  // all ends meanwhile, unless MPI hangs
  std::_Exit(code);
}

void MpiThread::end() {
  MPI_Abort(MPI_COMM_WORLD, abortCode_);
  std::_Exit(abortCode_);
}

void MpiThread::abortUnlessClosed() {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::open) return;
  }
  const int code = exitCode;
  const std::string with = code < 0 ? "" : " with code " + std::to_string(code);
  abort("ended" + with + " before it called finalize(), so all ranks end", code > 0 ? code : 1);
}
