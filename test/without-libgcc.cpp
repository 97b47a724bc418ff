// To be loaded before a program: there is no libgcc_s, which glibc wants to have where a thread ends before its
// function does, and ends the process without it.
#include <dlfcn.h>
#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" void* dlopen(const char* name, int mode) {
  static const auto open = reinterpret_cast<decltype(&dlopen)>(dlsym(RTLD_NEXT, "dlopen"));
  return name && std::strstr(name, "libgcc_s") ? nullptr : open(name, mode);
}

extern "C" void pthread_exit(void*) {
  std::fputs("pthread_exit was called\n", stderr);
  std::abort();
}
