#!/bin/sh
# Runs the tests that reach the kernel with a build that AddressSanitizer and UndefinedBehaviorSanitizer watch. It takes
# the ways around slow roots and slow denormal numbers, which other builds take only on processors that have them.
set -eu
cd "$(dirname "$0")/.."

# Node is built without the type information that the check of virtual tables wants.
flags='-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined'
# cmake-js has the last word on CMAKE_CXX_FLAGS, not on those of the release.
sh scripts/build.sh --out build-sanitize/build \
  --CDCMAKE_CXX_FLAGS_RELEASE="$flags -g -DRMSPROP_SLOW_ARITHMETIC"
for sanitizer in asan ubsan; do
  nm -D build-sanitize/build/Release/rmsprop.node | grep -q "__${sanitizer}_" || { echo "The build lacks $sanitizer" >&2; exit 1; }
done
# node-gyp-build looks for the binary here; the runtime library must come first in the process, and node itself leaks.
export RMSPROP_PREBUILD="$PWD/build-sanitize" RMSPROP_SANITIZERS="$flags" ASAN_OPTIONS=detect_leaks=0
LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so)" \
  npx vitest run "$@" test/same-bits.test.ts test/storage.test.ts test/idle.test.ts test/properties.test.ts test/bad-input test/optimizer.test.ts \
  test/guard-pages.test.ts test/relative-cap.test.ts test/floating-point.test.ts test/async test/model
