import { join } from 'node:path';
import { parseJson } from '../checkpoint/load.js';
import { encodeGroups } from '../checkpoint/save.js';
import type { Insides } from '../insides.js';
import { encodeJson } from '../json.js';
import type { Parameter } from '../params.js';
import { formatFailure } from '../safetensors/failures.js';
import { readSafetensors } from '../safetensors/read.js';
import { writeSafetensors } from '../safetensors/write.js';
import type { StateDict, TensorState } from '../state-dict.js';
import type { StepGroup } from '../step-group.js';
import type { DataType } from '../tensor.js';
import { version } from '../version.js';
import type { Segment } from './shards.js';

const FORMAT = 'rmsprop-sharded-checkpoint';
const FORMAT_VERSION = '1';

/** What a folder holds: the file that is written last, and says which others belong together. */
export interface Manifest {
  /** Of the files: those of another save have another one. */
  readonly id: string;
  /** The rule, the counters and the groups of a state dictionary, whose tensors have names of states in place of these. */
  readonly state: Omit<StateDict, 'format' | 'groups'> & {
    groups: { options: object; tensors: (Omit<TensorState, 'state'> & { state: string[] })[] }[];
  };
  /** Name, type and length of each tensor, whole. */
  readonly tensors: readonly (readonly [path: string, type: DataType, length: number])[];
  /** For each file the segments that it holds, as [tensor, from, to]. */
  readonly shards: readonly (readonly (readonly number[])[])[];
  /** The caller's, as JSON, if there was any. */
  readonly metadata: unknown;
}

/** The file of one shard. */
export function shardPath(folder: string, id: string, rank: number, size: number): string {
  return join(folder, `shard-${id}-${rank}-of-${size}.safetensors`);
}

/** Whether a file is one of shards, of which save ever. */
export function isShard(name: string): boolean {
  return /^shard-[0-9a-f]{16}-\d+-of-\d+\.safetensors$/.test(name);
}

/** What tensors are called in a manifest. */
export function describeTensors(parameters: readonly Parameter[]): Manifest['tensors'] {
  return parameters.map(({ path, type, length }) => [path, type, length]);
}

/** Replaces the manifest of a folder, if there is one, when the new one is whole and on the disk. */
export async function writeManifest(
  folder: string,
  id: string,
  insides: Insides,
  groups: readonly StepGroup[],
  parameters: readonly Parameter[],
  shards: readonly (readonly Segment[])[],
  metadata: { readonly metadata?: string },
) {
  await writeSafetensors(pathIn(folder), [], {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    version,
    id,
    rule: insides.rule.name,
    counters: encodeJson(insides.state().savedCounters),
    groups: encodeGroups(insides, groups),
    tensors: encodeJson(describeTensors(parameters)),
    shards: encodeJson(
      shards.map((segments) => segments.map(({ tensor, from, to }) => [tensor, from, to])),
    ),
    ...metadata,
  });
}

/** @throws RangeError ERR_CHECKPOINT_READ, ERR_CHECKPOINT_FORMAT */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = pathIn(folder);
  let metadata: ReadonlyMap<string, string> = new Map();
  const receive = (header: { metadata: ReadonlyMap<string, string> }) => {
    metadata = header.metadata;
    return () => undefined;
  };
  await readSafetensors(path, receive, { checksumRequired: true });
  const received = `${metadata.get('format')} ${metadata.get('formatVersion')}`;
  if (received !== `${FORMAT} ${FORMAT_VERSION}`) {
    throw formatFailure(path, `to have the format ${FORMAT} ${FORMAT_VERSION}`, received);
  }
  // Its checksum was right: it is what was written.
  const json = (name: string) => parseJson(path, name, metadata.get(name));
  return {
    id: metadata.get('id') as string,
    state: {
      rule: metadata.get('rule') as string,
      counters: json('counters') as never,
      groups: json('groups') as never,
    },
    tensors: json('tensors') as never,
    shards: json('shards') as never,
    metadata: metadata.has('metadata') ? json('metadata') : undefined,
  };
}

function pathIn(folder: string): string {
  return join(folder, 'manifest.safetensors');
}
