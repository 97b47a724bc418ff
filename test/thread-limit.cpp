// To be loaded before a program: while the environment variable THREADS_LEFT is set, no more than so many of the
// threads that were made since live at a time, as where a limit of processes or memory is reached.
#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace {

std::atomic<int> alive{0};

struct Thread {
  void* (*run)(void*);
  void* argument;
};

void* runCounted(void* memory) {
  const Thread thread = *static_cast<Thread*>(memory);
  delete static_cast<Thread*>(memory);
  void* result = thread.run(thread.argument);
  alive--;
  return result;
}

}  // namespace

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) {
  static const auto make = reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
  const char* left = std::getenv("THREADS_LEFT");
  if (!left) return make(thread, attributes, run, argument);
  if (alive++ < std::atoi(left)) return make(thread, attributes, runCounted, new Thread{run, argument});
  alive--;
  return EAGAIN;
}
