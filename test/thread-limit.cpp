// To be loaded before a program: while the environment variable THREADS_LEFT is set, only so many more threads can be
// made, as where a limit of processes or memory is reached.
#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) {
  static const auto make = reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
  static std::atomic<int> made{0};
  const char* left = std::getenv("THREADS_LEFT");
  if (left && made++ >= std::atoi(left)) return EAGAIN;
  return make(thread, attributes, run, argument);
}
