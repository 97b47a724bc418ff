#!/bin/sh
# Builds the module that speaks MPI into build-mpi/, in silence unless something is wrong: in a clone, or where the package was
# installed, by `npm explore rmsprop -- npm run build:mpi`.
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "build-mpi: $1" >&2
  exit 1
}

debian='in Debian and Ubuntu: apt-get install g++ cmake make openmpi-bin libopenmpi-dev'
for tool in g++ cmake make; do
  command -v "$tool" >/dev/null || fail "$tool was not found: please install it ($debian)"
done
command -v mpicc >/dev/null || fail "MPI was not found: please install Open MPI ($debian)"

# Headers of Node-API: among the packages of a clone; elsewhere they are fetched.
headers=node_modules
if [ ! -d $headers/node-addon-api ] || [ ! -d $headers/node-api-headers ]; then
  npm install --prefix build-mpi/headers --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --silent \
    node-addon-api@^8.9.2 node-api-headers@^1.9.0
  headers=build-mpi/headers/node_modules
fi
output=$({ cmake -S native/mpi -B build-mpi -DCMAKE_BUILD_TYPE=Release -DHEADERS="$PWD/$headers" && cmake --build build-mpi; } 2>&1) ||
  { echo "$output" >&2; exit 1; }
case $output in *warning:*) echo "$output" >&2 ;; esac
