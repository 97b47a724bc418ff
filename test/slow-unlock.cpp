// To be loaded before a program: the threads of the kernel sleep after each lock that they give up, so that others come
// in between whatever they do next.
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include <cstring>

extern "C" int pthread_mutex_unlock(pthread_mutex_t* mutex) {
  static const auto unlock =
      reinterpret_cast<decltype(&pthread_mutex_unlock)>(dlsym(RTLD_NEXT, "pthread_mutex_unlock"));
  const int result = unlock(mutex);
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof name);
  if (std::strcmp(name, "rmsprop") == 0) usleep(1000);
  return result;
}
