# macOS: compiled and linked by zig, whose clang knows the headers of macOS, against the C++ library of the system.
# The includer sets RMSPROP_ARCH.
set(CMAKE_SYSTEM_NAME Darwin)
string(REPLACE arm64 aarch64 RMSPROP_TARGET ${RMSPROP_ARCH}-macos.13.5)
set(CMAKE_CXX_COMPILER ${RMSPROP_ZIG} c++ -target ${RMSPROP_TARGET})
set(RMSPROP_LIBRARIES ${CMAKE_CURRENT_LIST_DIR}/libc++.tbd)
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
get_filename_component(libgomp ${RMSPROP_LIBGOMP} DIRECTORY)
string(APPEND OpenMP_CXX_FLAGS " -isystem ${libgomp}")
set(CMAKE_OSX_SYSROOT "")
set(CMAKE_OSX_DEPLOYMENT_TARGET "")
