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

/** A step of all ranks cannot be made, here or any more, because of one of them. */
export function rankFailed(message: string, cause?: unknown): Error {
  return coded('ERR_RANK_FAILED', message, cause);
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
  const calls = Array.from({ length: fields.length / fieldsPerRank }, (_, rank) =>
    describeCall(fields.subarray(rank * fieldsPerRank, (rank + 1) * fieldsPerRank)),
  );
  const [first] = calls as [string];
  const differing = calls.some((call) => call !== first)
    ? ''
    : first.startsWith('exchange')
      ? ' whose messages do not match'
      : ' with counts that differ';
  return `Expected all ranks to make the same call, but received ${whoHas(calls, 'calls')}${differing}`;
}

/** What each rank has, in words: the same once, and not more than a sentence can bear. */
export function whoHas(texts: readonly string[], plural: string): string {
  const ranks = new Map<string, number[]>();
  for (const [rank, text] of texts.entries()) ranks.set(text, [...(ranks.get(text) ?? []), rank]);
  const all = [...ranks].map(([text, which]) => `${text} from ${describeRanks(which)}`);
  const shown = all.length > 4 ? [...all.slice(0, 3), `${all.length - 3} other ${plural}`] : all;
  return shown.join(', ');
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
