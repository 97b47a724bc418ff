#!/bin/sh
# Starts the processes of examples/distributed.mts, and starts them again when one of them has ended: they go on from their
# last checkpoint. RANKS says how many; MPIRUN_OPTIONS what else to tell mpirun, such as --hostfile FILE.
set -u
cd "$(dirname "$0")/.."

case " $* " in *' --help '* | *' -h '*) exec node --import tsx examples/distributed.mts --help ;; esac

# mpirun gives its processes a terminal even where it has none itself.
[ -t 1 ] || export TERM=dumb

# As root and with more processes than processors, as in a container, mpirun asks to be told that this is meant.
for attempt in 1 2 3 4 5; do
  # shellcheck disable=SC2086 # several words
  mpirun --allow-run-as-root --oversubscribe --bind-to none ${MPIRUN_OPTIONS:-} -n "${RANKS:-2}" node --import tsx examples/distributed.mts "$@" &&
    exit 0
  status=$?
  # What a user has to mend, or has stopped, is not tried again.
  case $status in 2 | 130) exit $status ;; esac
  echo "Attempt $attempt has ended with code $status: going on from the last checkpoint" >&2
done
exit 1
