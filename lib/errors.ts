import { isPlainObject } from './plain-object.js';

/** The codes of this package's errors. They are stable; sentences may improve. */
export type ErrorCode =
  /** An option that the optimizer does not have. */
  | 'ERR_UNKNOWN_OPTION'
  /** An option or argument of the wrong type (TypeError), or outside its domain (RangeError). */
  | 'ERR_INVALID_OPTION'
  /** Options that exclude each other. */
  | 'ERR_CONFLICTING_OPTIONS'
  /** An option that matters only when the optimizer is made was set later. */
  | 'ERR_READ_ONLY_OPTION'
  /** A pattern of names that matches the name of no tensor. */
  | 'ERR_NO_MATCH'
  /** Parameters that are neither a typed array, a list, a record, nor a list of groups. */
  | 'ERR_INVALID_PARAMS'
  /** Gradients whose names or number are not those of the parameters. */
  | 'ERR_GRADIENT_NAMES'
  /** A name that no tensor has, or several. */
  | 'ERR_TENSOR_NAME'
  /** A second gradient for a tensor in one step. */
  | 'ERR_TENSOR_TWICE'
  /** A row that its tensor does not have. */
  | 'ERR_ROW_RANGE'
  /** Rows of a tensor whose rule, or whose way to store numbers, needs all of them. */
  | 'ERR_ROWS_UNSUPPORTED'
  /** The end of a step that was not begun. */
  | 'ERR_NO_OPEN_STEP'
  /** An option that needs all gradients of a step at once, where they come one by one. */
  | 'ERR_NEEDS_WHOLE_STEP'
  /** A value that is no tensor, or a gradient that is not of its parameter's type. */
  | 'ERR_TENSOR_TYPE'
  /** A tensor whose length is not the promised one. */
  | 'ERR_TENSOR_LENGTH'
  /** A tensor whose memory was transferred away or has shrunk. */
  | 'ERR_TENSOR_DETACHED'
  /** A tensor in a resizable ArrayBuffer, whose memory an asynchronous step could lose. */
  | 'ERR_TENSOR_RESIZABLE'
  /** Two tensors that share memory, at least one of which the step would write. */
  | 'ERR_TENSOR_OVERLAP'
  /** A gradient that is infinite or NaN, where the option onNonFinite says that it is an error. */
  | 'ERR_GRADIENT_NOT_FINITE'
  /** Averages of parameters where none are kept, or none are swapped in. */
  | 'ERR_NO_AVERAGES'
  /** No memory for the state: nothing has changed. */
  | 'ERR_OUT_OF_MEMORY'
  /** A state dictionary that belongs to another rule, layout or format. */
  | 'ERR_STATE_MISMATCH'
  /** An option, or a way to store numbers, that PyTorch does not have. */
  | 'ERR_NOT_IN_PYTORCH'
  /** A call that needs the optimizer's memory while something else is at work there: it can be made when that is over. */
  | 'ERR_OPTIMIZER_BUSY'
  /** A checkpoint that the system did not let write, whole and on the disk: `cause` has its error. */
  | 'ERR_CHECKPOINT_WRITE'
  /** A file that the system did not let read: `cause` has its error. */
  | 'ERR_CHECKPOINT_READ'
  /** A log that the system did not let write, `cause` has its error, or that is closed. */
  | 'ERR_LOG_WRITE'
  /** No native kernel, where the environment variable RMSPROP_ENGINE asks for it: `cause` has the system's error. */
  | 'ERR_NO_NATIVE'
  /** Another rank could not take part, or a step of all ranks was broken off: `cause` has the error, if it is of this rank. */
  | 'ERR_RANK_FAILED'
  /** A file that is no checkpoint, or that was cut short or damaged. */
  | 'ERR_CHECKPOINT_FORMAT'
  /** No module that speaks MPI, or no MPI: the sentence says what to install and to build. `cause` has the system's error. */
  | 'ERR_NO_MPI'
  /** MPI belongs to another thread of the process. */
  | 'ERR_MPI_THREAD'
  /** An error that MPI reports. */
  | 'ERR_MPI'
  /** Ranks that do not call the same, or say what must be the same otherwise: none of them has done anything. */
  | 'ERR_RANKS_DISAGREE'
  /** A call after MPI was ended. */
  | 'ERR_MPI_FINALIZED';

type Kind = typeof TypeError | typeof RangeError;

/** The message of every error: what was expected, and what came. */
export function failure(Kind: Kind, code: ErrorCode, expected: string, received: string): Error {
  const error = new Kind(`Expected ${expected}, but received ${received}`);
  return Object.assign(error, { code });
}

/** The native kernel was asked for, and could not be loaded. */
export function noNative(reason: string, error: unknown): Error {
  const code: ErrorCode = 'ERR_NO_NATIVE';
  const message = `The native kernel could not be loaded. ${reason}`;
  return Object.assign(new RangeError(message, { cause: (error as Error)?.cause ?? error }), {
    code,
  });
}

/** The system says more than one line of a binary that it cannot load, on Windows ended by a carriage return, too. */
export function firstLine(message: string): string {
  return message.split(/\r?\n/, 1)[0] as string;
}

/** What was thrown, in one line, and safe for whatever it was. */
export function reasonOf(error: unknown): string {
  try {
    if (error instanceof Error) return firstLine(`${error.message}`);
  } catch {
    // A message that does not let itself be read.
  }
  return show(error);
}

/** How code would go on from an object to its property of this name. */
export function dot(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** A value as an error sentence shows it: short, and safe for any value. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  }
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : `${value}`;
  try {
    if (Array.isArray(value)) return `an array of length ${value.length}`;
    const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
    if (tag === 'Object') return showObject(value);
    return `${/^[AEIO]/.test(tag) ? 'an' : 'a'} ${tag}`;
  } catch {
    return 'an object that does not let itself be looked at';
  }
}

/** What a class has made is none of the plain objects that most arguments are. */
function showObject(value: object): string {
  if (isPlainObject(value)) return 'an object';
  const prototype = Object.getPrototypeOf(value);
  const name: unknown = Object.hasOwn(prototype, 'constructor') && prototype.constructor?.name;
  const isName = typeof name === 'string' && /^[\w$]{1,40}$/.test(name);
  return isName ? `an instance of ${name}` : 'an object that inherits from another';
}
