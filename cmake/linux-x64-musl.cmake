set(RMSPROP_ARCH x86_64)
set(RMSPROP_LIBC musl)
include(${CMAKE_CURRENT_LIST_DIR}/linux.cmake)
