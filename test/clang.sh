#!/bin/sh
# Compares the checksum of a kernel that clang compiled, as it compiles those for macOS, with the one in the argument. Needs
# what npm run prebuild -- linux-x64 leaves.
set -eu
cd "$(dirname "$0")/.."

zig=$(node --import tsx -p 'require("./scripts/prebuild/tools.mts").zig()')
sh scripts/build.sh --out build-clang/build --CDCMAKE_TOOLCHAIN_FILE="$PWD/test/clang.cmake" \
  --CDRMSPROP_ZIG="$zig" --CDRMSPROP_LIBGOMP="$PWD/build-tools/libgomp/linux-x64/libgomp.a"
lines=$(RMSPROP_ENGINE=native RMSPROP_PREBUILD="$PWD/build-clang" node --import tsx test/checksum.ts native)
echo "$lines" | sed 's/^/clang: /'
[ "$(echo "$lines" | cut -d ' ' -f 2 | sort -u)" = "$1" ] || { echo 'The checksums differ' >&2; exit 1; }
