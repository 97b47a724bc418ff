#!/bin/sh
# What takes too long for npm test: each part prints its figures, and fails if they are not what they should be. Something
# random is tried as often as RMSPROP_SOAK says, a share of the full length (test/times.ts).
set -eu
cd "$(dirname "$0")/.."
export RMSPROP_SOAK="${RMSPROP_SOAK:-1}"

npm run --silent build

echo 'Resident memory'
node --expose-gc --import tsx test/soak/memory.ts

echo 'A process that ends in the middle of steps and saves; random commands, properties and operations'
npx vitest run test/async/lifetime.test.ts test/checkpoint test/model test/properties.test.ts test/exact-operations.test.ts
