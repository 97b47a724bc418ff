// The one team of threads of the process. It takes its share of large steps, and makes asynchronous ones: one at a
// time, in the order asked for, whichever JavaScript threads ask.
#pragma once
#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

class Team {
 public:
  // Part `share` of so many equal parts of some work.
  struct Work {
    void* context;
    void (*run)(void* context, unsigned share, unsigned shares);
  };

  // Something for the team to do by itself.
  class Job {
   public:
    virtual void run() = 0;
    // Comes after run, in the thread that ran it. The team does not touch the job any more.
    virtual void finish() = 0;

   protected:
    ~Job() = default;
  };

  // That of the process: it is never destroyed, since threads may be at work while the process ends.
  static Team& ofProcess();

  // Does all shares of the work: one in this thread, the others in the team. False, and nothing is done, if the team is
  // at work for somebody else, or if the system has no thread to give.
  bool share(unsigned shares, Work work);

  // Runs a job when all that were posted before are done. False if there is no thread to run it.
  bool post(Job& job);

  // Takes back a job that has not begun. If it has: false, now or, if it is to be waited for, when it is finished.
  bool cancel(Job& job, bool wait = false);

  // Ends the threads that are more than the configuration allows now.
  void shrink();

 private:
  bool ensureLeader();
  void lead();
  void endThreads();
  void runShares(unsigned first, unsigned shares, Work work);
  unsigned canGrowTo(unsigned threads);

  std::mutex mutex_;
  bool led_ = false;      // whether the leader, the thread that all others of the team serve, has been made
  bool claimed_ = false;  // by a thread that shares its work
  Work shared_{};
  unsigned shares_ = 0;     // of that work; 0 once the leader has seen it
  std::vector<Job*> jobs_;  // in the order of their coming
  Job* running_ = nullptr;
  bool shrinking_ = false;

  std::atomic<uint32_t> rings_{0};        // counts what the leader has to look at
  std::atomic<uint32_t> shared_done_{0};  // counts shared works that are done
  std::atomic<uint32_t> jobs_done_{0};

  // Not a thread-local variable: glibc and musl find those differently, and one binary serves both.
  std::atomic<pthread_t> leader_{};
  unsigned size_ = 1;  // the leader and the threads that serve it now
};
