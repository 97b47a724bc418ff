set(RMSPROP_ARCH arm64)
include(${CMAKE_CURRENT_LIST_DIR}/darwin.cmake)
