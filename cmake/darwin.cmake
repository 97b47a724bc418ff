# macOS, on a Mac: with the static OpenMP library of Homebrew's libomp. The includer sets RMSPROP_ARCH.
set(CMAKE_OSX_ARCHITECTURES ${RMSPROP_ARCH})
set(CMAKE_OSX_DEPLOYMENT_TARGET 13.5)
execute_process(COMMAND brew --prefix libomp
  OUTPUT_VARIABLE libomp OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
set(OpenMP_CXX_FLAGS "-Xclang -fopenmp -I${libomp}/include")
set(OpenMP_CXX_LIB_NAMES omp)
set(OpenMP_omp_LIBRARY ${libomp}/lib/libomp.a)
set(RMSPROP_STATIC_OPENMP ON)
