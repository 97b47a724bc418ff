import { loadBinding } from './binding.js';
import { Communicator } from './communicator.js';
import { notStarted, otherThread } from './faults.js';

/** MPI counts in int: longer messages are cut. */
const longestMessage = 2 ** 30;

let communicator: Communicator | undefined;

/**
 * Joins the ranks that mpirun has started, and waits until all have; without mpirun there is one. Called again it returns the
 * same. MPI_Init; `MPI.COMM_WORLD` of mpi4py, `init_process_group` of torch.distributed.
 *
 * From then on a process that ends before it has called {@link Communicator.finalize} ends all ranks, with a sentence that says
 * which one it was. One thread of a process may call it: the main thread or a worker.
 *
 * @throws Error ERR_NO_MPI, if the module for MPI is not built or MPI is not installed, with what to do; Error ERR_MPI_THREAD, if
 * another thread has called it; Error ERR_MPI, if MPI does not start
 */
export function init(): Communicator {
  communicator ??= start();
  return communicator;
}

function start(): Communicator {
  const binding = loadBinding();
  // Tests cut messages that are not gigabytes.
  const pieceLength = Number(process.env.RMSPROP_MPI_LONGEST_MESSAGE ?? longestMessage);
  const world = binding.init(pieceLength);
  if (world === null) throw otherThread();
  if (typeof world === 'string') throw notStarted(world);
  process.on('exit', (code) => binding.ending(code));
  return new Communicator(binding, world);
}
