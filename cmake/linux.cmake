# Linux with an old glibc, or any newer one, or musl, which takes the name of glibc's libraries for its own: compiled by Debian's
# g++, as all that is tested and measured, and linked by zig. What is called in the C library is the same function with the
# same arguments in both, and glibc's types have room for musl's.
# The includer sets RMSPROP_ARCH.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_CXX_COMPILER ${RMSPROP_ARCH}-linux-gnu-g++)
set(RMSPROP_LIBRARIES "")
foreach(name libgcc.a libgcc_eh.a)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${name}
    OUTPUT_VARIABLE library OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(APPEND RMSPROP_LIBRARIES " ${library}")
endforeach()
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
set(RMSPROP_SMALL_LIBRARIES ON)
