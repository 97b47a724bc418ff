// What g++ 12 expects of libraries that are newer than those that the published binaries are to run with. Each is used
// inside this binary only.
#include <new>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#define INSIDE __attribute__((visibility("hidden")))

// glibc 2.32 tells here whether reference counts need no atomic operations. They always have them.
extern "C" INSIDE char __libc_single_threaded = 0;

// libstdc++ 11 throws this from inside.
namespace std {
INSIDE void __throw_bad_array_new_length() { throw bad_array_new_length(); }
}  // namespace std

#if defined(__aarch64__)
// The atomic operations in libgcc ask glibc by this name what the processor has. musl knows the other name only.
extern "C" INSIDE unsigned long __getauxval(unsigned long type) { return getauxval(type); }
#endif
