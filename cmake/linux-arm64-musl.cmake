set(RMSPROP_ARCH aarch64)
set(RMSPROP_LIBC musl)
include(${CMAKE_CURRENT_LIST_DIR}/linux.cmake)
