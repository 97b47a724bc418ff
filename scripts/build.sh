#!/bin/sh
# Builds the kernel and compiles lib/ to dist/, in silence unless something is wrong. Options go to cmake-js.
set -eu
cd "$(dirname "$0")/.."

for tool in node_modules/.bin/cmake-js cmake g++; do
  command -v "$tool" >/dev/null || { echo "build: $tool was not found; sh scripts/setup.sh installs what is missing" >&2; exit 1; }
done
output=$(node_modules/.bin/cmake-js compile "$@" 2>&1) || { echo "$output" >&2; exit 1; }
case $output in *warning:*) echo "$output" >&2 ;; esac
node_modules/.bin/tsc
