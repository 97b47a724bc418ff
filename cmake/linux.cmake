# Linux with the C library of another machine: compiled by Debian's g++, as all that is tested and measured, and linked by
# zig, which has the symbols of every C library: those of an old glibc, or musl's. What the kernel calls is the same
# function with the same arguments in all of them; each binary is run on its own C library before it is published.
# The includer sets RMSPROP_ARCH and RMSPROP_LIBC; the caller RMSPROP_ZIG and RMSPROP_LIBGOMP, a static library.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES RMSPROP_ZIG RMSPROP_LIBGOMP)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${RMSPROP_ARCH})
set(CMAKE_CXX_COMPILER ${RMSPROP_ARCH}-linux-gnu-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

# What is linked, from libraries that every system with Node.js has.
set(libraries "")
foreach(name libstdc++.so.6 libgcc.a libgcc_s.so.1)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${name}
    OUTPUT_VARIABLE library OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(APPEND libraries " ${library}")
endforeach()
set(CMAKE_CXX_CREATE_SHARED_MODULE
  "${RMSPROP_ZIG} cc -target ${RMSPROP_ARCH}-linux-${RMSPROP_LIBC} -shared -s -Wl,--gc-sections <LINK_FLAGS> -o <TARGET> <OBJECTS> <LINK_LIBRARIES> ${libraries}")

set(OpenMP_CXX_FLAGS -fopenmp)
set(OpenMP_CXX_LIB_NAMES gomp)
set(OpenMP_gomp_LIBRARY ${RMSPROP_LIBGOMP})
set(RMSPROP_STATIC_OPENMP ON)
set(RMSPROP_OLD_LIBRARIES ON)
