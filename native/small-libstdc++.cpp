// For Windows, where libstdc++ is in the binary. What it has of these writes down which exception nobody caught, and
// puts words into others: for that it brings along twice as much as all else takes. Nobody reads them.
#include <cstdlib>
#include <new>

namespace __gnu_cxx {
void __verbose_terminate_handler();
void __verbose_terminate_handler() { std::abort(); }
}  // namespace __gnu_cxx

namespace std {
void __throw_bad_alloc() { throw bad_alloc(); }
void __throw_bad_array_new_length() { throw bad_array_new_length(); }
void __throw_length_error(const char*) { throw bad_alloc(); }
void __throw_logic_error(const char*) { throw bad_alloc(); }
void __throw_system_error(int) { throw bad_alloc(); }
}  // namespace std
