# What binaries for other systems have in common that zig links: it has what every system's own libraries offer.
# The includer sets RMSPROP_ARCH and RMSPROP_LIBRARIES; the caller RMSPROP_ZIG, RMSPROP_TARGET, as zig names it, and
# RMSPROP_LIBGOMP, a static library with its header beside it.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES RMSPROP_ZIG RMSPROP_TARGET RMSPROP_LIBGOMP)
set(CMAKE_SYSTEM_PROCESSOR ${RMSPROP_ARCH})
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(RMSPROP_LINK_RULE
  "${RMSPROP_ZIG} cc -target ${RMSPROP_TARGET} -shared -s -Wl,--gc-sections <LINK_FLAGS> -o <TARGET> <OBJECTS> <LINK_LIBRARIES> ${RMSPROP_LIBRARIES}")

get_filename_component(libgomp ${RMSPROP_LIBGOMP} DIRECTORY)
set(OpenMP_CXX_FLAGS "-fopenmp -isystem ${libgomp}")
set(OpenMP_CXX_LIB_NAMES gomp)
set(OpenMP_gomp_LIBRARY ${RMSPROP_LIBGOMP})
set(RMSPROP_STATIC_OPENMP ON)
