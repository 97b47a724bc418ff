// What threads need of the operating system, beyond what the C++ library has.
#pragma once
#include <pthread.h>

#if defined(__linux__)
#include <dlfcn.h>
#endif

#include <atomic>
#include <cstddef>
#include <cstdint>
#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <signal.h>
#endif

// A thread that the system may not have to give: std::thread throws then.
class SystemThread {
 public:
  // Whether it is given, and runs that now.
  bool start(void* (*run)(void* context), void* context) {
    return pthread_create(&thread_, nullptr, run, context) == 0;
  }
  void detach() { pthread_detach(thread_); }
  void join() { pthread_join(thread_, nullptr); }

 private:
  pthread_t thread_;
};

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

// Whether threads can end before their function does: glibc needs libgcc_s.so.1 for that, and ends the process where
// there is none.
inline bool canExitThreads() {
#if defined(__linux__)
  return dlopen("libgcc_s.so.1", RTLD_NOW) != nullptr;
#else
  return true;
#endif
}

// Keeps this module in memory until the process ends: its threads sleep there when the worker that loaded it is over.
// On Linux the linker says so, and macOS unloads nothing that has thread-local variables, as the OpenMP library does.
inline void stayLoaded() {
#if defined(_WIN32)
  HMODULE module;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     reinterpret_cast<LPCWSTR>(&stayLoaded), &module);
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

// What wait and notify_all of an atomic are. Where libstdc++ has no futex, which is on Windows, its own let the change
// go by that comes between a last look at the counter and falling asleep: whoever waits then sleeps for ever.
inline void sleepWhile(const std::atomic<uint32_t>& counter, uint32_t value) {
#if defined(_WIN32)
  const auto address = const_cast<std::atomic<uint32_t>*>(&counter);
  while (counter.load(std::memory_order_acquire) == value) WaitOnAddress(address, &value, sizeof value, INFINITE);
#else
  counter.wait(value, std::memory_order_acquire);
#endif
}

inline void wakeAll(std::atomic<uint32_t>& counter) {
#if defined(_WIN32)
  WakeByAddressAll(&counter);
#else
  counter.notify_all();
#endif
}
