# Linux, compiled as for macOS: by zig's clang, with GCC's OpenMP library. The C++ library is g++'s: node has that, too, and
# its headers want the C library of this machine.
set(RMSPROP_ARCH x86_64)
set(RMSPROP_TARGET x86_64-linux-gnu.2.36)
include(${CMAKE_CURRENT_LIST_DIR}/../cmake/linux.cmake)
execute_process(COMMAND g++ -dumpversion OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
set(CMAKE_CXX_COMPILER ${RMSPROP_ZIG} c++ -target ${RMSPROP_TARGET} -nostdinc++ -I/usr/include/c++/${version}
  -I/usr/include/x86_64-linux-gnu/c++/${version})
set(RMSPROP_SMALL_LIBRARIES OFF)
