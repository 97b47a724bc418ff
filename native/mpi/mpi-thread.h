// The one thread of the process that speaks MPI.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "task.h"
#include "world.h"

class MpiThread {
 public:
  // That of the process, which is never destroyed: threads may use it until the very end.
  static MpiThread& ofProcess();

  // Starts MPI, once in a process. Returns what went wrong.
  std::string open(size_t pieceLength);
  const World& world() const { return world_; }

  // Takes a task up, after all that were posted before. Its whenSettled is called when it is settled. One of
  // Kind::finalize ends MPI: none may be posted after it has.
  void post(Task& task);
  // Waits for a task that was posted and has no whenSettled.
  void wait(const Task& task);

  // Tells all ranks' user why, and ends all ranks. The first reason counts.
  [[noreturn]] void abort(const std::string& reason, int code);
  // The same if MPI was begun and not ended: at the end of the process, or of the JavaScript thread.
  void abortUnlessClosed();
  // What the process ends with, as far as it is known.
  std::atomic<int> exitCode{-1};

 private:
  void run();
  std::string start();
  void finish(Task& task);
  [[noreturn]] void end();

  World world_;
  std::mutex mutex_;
  std::condition_variable wake_, settled_;
  std::deque<Task*> posted_;
  std::vector<const Task*> waitedFor_;  // settled ones that somebody waits for
  enum class State { unborn, open, closed } state_ = State::unborn;
  std::string failure_;
  std::atomic<int> abortCode_{0};
};
