// What threads need of the operating system, beyond std::thread.
#pragma once
#include <cstddef>
#if !defined(_WIN32)
#include <pthread.h>
#include <signal.h>
#endif

// While one of these lives, its thread gets no signals, and the threads that it makes never will: signals are for the
// threads that have handlers for them. Windows has none.
class WithoutSignals {
 public:
#if defined(_WIN32)
  WithoutSignals() {}
#else
  WithoutSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
#endif

  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;

#if !defined(_WIN32)
 private:
  sigset_t before_;
#endif
};

// Lets threads made from now on have the stack that a step needs: musl gives them 128 KiB, everybody else enough. Most
// is for the columns of SparseRows.
inline void makeRoomForSteps() {
#if defined(__linux__)
  constexpr size_t enough = 1 << 20;
  pthread_attr_t attributes;
  size_t size = enough;
  if (pthread_getattr_default_np(&attributes) != 0) return;
  pthread_attr_getstacksize(&attributes, &size);
  if (size < enough && pthread_attr_setstacksize(&attributes, enough) == 0) pthread_setattr_default_np(&attributes);
#endif
}

// Names this thread, where lists of threads show names; threads that OpenMP makes from it inherit the name.
inline void nameThisThread([[maybe_unused]] const char* name) {
#if defined(__linux__)
  pthread_setname_np(pthread_self(), name);
#elif defined(__APPLE__)
  pthread_setname_np(name);
#endif
}
