# macOS: compiled and linked by zig, whose clang knows the headers of macOS, against the C++ library of the system.
# The includer sets RMSPROP_ARCH.
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_CXX_COMPILER ${RMSPROP_ZIG} c++ -target ${RMSPROP_TARGET})
set(RMSPROP_LIBRARIES ${CMAKE_CURRENT_LIST_DIR}/libc++.tbd)
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
set(CMAKE_OSX_SYSROOT "")
set(CMAKE_OSX_DEPLOYMENT_TARGET "")
