// What g++ 12 expects of libraries that are newer than those that the published binaries are to run with. Each is used
// inside this binary only.
#include <new>

#define INSIDE __attribute__((visibility("hidden")))

// glibc 2.32 tells here whether reference counts need no atomic operations. They always have them.
extern "C" INSIDE char __libc_single_threaded = 0;

// libstdc++ 11 throws this from inside.
namespace std {
INSIDE void __throw_bad_array_new_length() { throw bad_array_new_length(); }
}  // namespace std
