set(RMSPROP_ARCH aarch64)
set(RMSPROP_LIBC gnu.2.28)
include(${CMAKE_CURRENT_LIST_DIR}/linux.cmake)
