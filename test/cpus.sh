#!/bin/sh
# Prints the checksum with every instruction set of this processor, then on emulated processors that lack the newer ones, where
# a wrong instruction is the end of the process, and there in a floating-point environment that no bit may depend on; then on
# arm64, if its compiler is installed (arm64.sh), and as another compiler has it (clang.sh). All must be the same. Needs
# qemu-x86_64 (Debian: qemu-user).
set -eu
cd "$(dirname "$0")/.."

lines=$(node --import tsx test/checksum.ts all)
echo "$lines"
expected=${lines##* }
[ "$(echo "$lines" | cut -d ' ' -f 2 | sort -u)" = "$expected" ] || { echo 'The checksums differ' >&2; exit 1; }

# Side by side: an emulated processor leaves others time.
pids=
trap 'kill $pids 2>/dev/null || true' EXIT
if [ -e build-tools/libgomp/linux-x64/libgomp.a ]; then
  sh test/clang.sh "$expected" &
  pids="$pids $!"
else
  echo 'clang: skipped, there is no build of npm run prebuild -- linux-x64'
fi

emulate() {
  line=$(qemu-x86_64 -cpu "$1" "$(command -v node)" --import tsx test/checksum.ts hostile 2>&1 | grep -v '^qemu-x86_64: warning')
  echo "$1: $line"
  [ "$line" = "$2 $expected" ] || { echo "Expected $2 and the same checksum" >&2; exit 1; }
}
emulate Haswell avx2 &
pids="$pids $!"
emulate Nehalem scalar &
pids="$pids $!"

if command -v aarch64-linux-gnu-g++ >/dev/null; then
  sh test/arm64.sh "$expected"
else
  echo 'arm64: skipped, there is no aarch64-linux-gnu-g++'
fi
for pid in $pids; do wait "$pid"; done
