#!/bin/sh
# Runs the tests that reach the kernel with a build that AddressSanitizer and UndefinedBehaviorSanitizer watch.
set -eu
cd "$(dirname "$0")/.."

sh scripts/build.sh --out build-sanitize/build \
  --CDCMAKE_CXX_FLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -g"
# node-gyp-build looks for the binary here; the runtime library must come first in the process, and node itself leaks.
export RMSPROP_PREBUILD="$PWD/build-sanitize" ASAN_OPTIONS=detect_leaks=0
LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so)" \
  npx vitest run "$@" test/same-bits.test.ts test/properties.test.ts test/bad-input test/optimizer.test.ts
