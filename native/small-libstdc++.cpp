// What ends the process at an exception that nobody catches. The one in libstdc++, which is in the binary for Windows,
// says which type it was: a third of that library is there to write that down.
#include <cstdlib>

namespace __gnu_cxx {
void __verbose_terminate_handler();
void __verbose_terminate_handler() { std::abort(); }
}  // namespace __gnu_cxx
