// What published binaries bring along of the libraries of g++ 12, so that they need none of them, and no new glibc.
// What libstdc++ has of these throws, or calls what may, for which a static one would take more than all else. Nobody
// here catches: the process ends either way.
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <new>
#if defined(__linux__) && defined(__aarch64__)
#include <sys/auxv.h>
#endif

void* operator new(size_t size) {
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  std::abort();
}
void* operator new[](size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }

namespace std {
void __throw_bad_alloc() { abort(); }
void __throw_bad_array_new_length() { abort(); }
void __throw_length_error(const char*) { abort(); }
void __throw_logic_error(const char*) { abort(); }
void __throw_system_error(int) { abort(); }
}  // namespace std

std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return time_point(seconds(now.tv_sec) + nanoseconds(now.tv_nsec));
}

#if defined(__linux__)
// glibc 2.32 tells here whether reference counts need no atomic operations. They always have them.
extern "C" char __libc_single_threaded;
char __libc_single_threaded = 0;
// libgcc takes a process for one that has no threads unless it finds this name of glibc's. musl has only the other one.
extern "C" void __pthread_key_create() {}
#if defined(__aarch64__)
// The atomic operations in libgcc ask glibc by this name what the processor has. musl knows the other name only.
extern "C" unsigned long __getauxval(unsigned long type) { return getauxval(type); }
#endif
#endif
