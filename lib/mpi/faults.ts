import type { ErrorCode } from '../errors.js';
import { arrayTypes, type Fault, type Kind, kinds, operations } from './binding.js';

function coded(code: ErrorCode, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code });
}

/** The module that speaks MPI is not there, or does not work. */
export function noMpi(reason: string, cause?: unknown): Error {
  return coded(
    'ERR_NO_MPI',
    `${reason}: install Open MPI (in Debian and Ubuntu: apt-get install openmpi-bin libopenmpi-dev), then build the module for it with \`npm explore rmsprop -- npm run build:mpi\`.`,
    cause,
  );
}

/** MPI was begun by another thread of this process. */
export function otherThread(): Error {
  return coded(
    'ERR_MPI_THREAD',
    'MPI belongs to the thread of this process that called init() first: call it in one thread only.',
  );
}

/** MPI could not be started. */
export function notStarted(reason: string): Error {
  return coded('ERR_MPI', `MPI could not be started: ${reason}.`);
}

/** Something was asked for after the end. */
export function finalized(): Error {
  return coded(
    'ERR_MPI_FINALIZED',
    'finalize() has ended MPI in this process: nothing can follow.',
  );
}

/** What became of something that all ranks did together, as the error to throw. */
export function faultError(fault: Exclude<Fault, undefined>): Error {
  if (fault === null) {
    return coded('ERR_OUT_OF_MEMORY', 'There is no memory for the parts of other ranks.');
  }
  if (typeof fault === 'string') return coded('ERR_MPI', `MPI reports: ${fault}.`);
  return coded('ERR_RANKS_DISAGREE', disagreement(fault));
}

const fieldsPerRank = 4;

function disagreement(fields: Float64Array): string {
  const ranks = new Map<string, number[]>();
  for (let rank = 0; rank < fields.length / fieldsPerRank; rank++) {
    const call = describeCall(fields.subarray(rank * fieldsPerRank, (rank + 1) * fieldsPerRank));
    ranks.set(call, [...(ranks.get(call) ?? []), rank]);
  }
  const received = [...ranks].map(([call, which]) => `${call} from ${describeRanks(which)}`);
  const others = received.length > 4 ? [`${received.length - 3} other calls`] : [];
  const shown = [...received.slice(0, others.length > 0 ? 3 : 4), ...others].join(', ');
  const differing =
    ranks.size > 1
      ? ''
      : ([...ranks.keys()][0] as string).startsWith('exchange')
        ? ' whose messages do not match'
        : ' with counts that differ';
  return `Expected all ranks to make the same call, but received ${shown}${differing}`;
}

function describeCall([kind = 0, type = 0, length = 0, option = 0]: Float64Array): string {
  const name = kinds[kind] as Kind;
  if (type === 0) return `${name}()`;
  const how: { [kind in Kind]?: string } = {
    allReduce: `, ${operations[option]}`,
    orderedAllReduce: `, ${operations[option]} in fixed order`,
    reduceScatter: `, ${operations[option]}`,
    broadcast: `, root ${option}`,
  };
  const method = name === 'orderedAllReduce' ? 'allReduce' : name;
  return `${method}(${arrayTypes[type]} of length ${length}${how[name] ?? ''})`;
}

function describeRanks(ranks: readonly number[]): string {
  if (ranks.length === 1) return `rank ${ranks[0]}`;
  const shown = ranks.slice(0, 8).join(', ');
  return `ranks ${shown}${ranks.length > 8 ? ` and ${ranks.length - 8} more` : ''}`;
}
