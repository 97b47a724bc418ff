import { mkdir, readdir, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { requireOnly } from '../async-options.js';
import { checkPath } from '../checkpoint/options.js';
import { encodeMetadata } from '../checkpoint/save.js';
import { parameterTensors, stateTensors } from '../checkpoint/tensors.js';
import type { Insides } from '../insides.js';
import type { Parameter } from '../params.js';
import { attempt } from '../safetensors/failures.js';
import { writeSafetensors } from '../safetensors/write.js';
import type { StepGroup } from '../step-group.js';
import { gatherTexts, together } from './agreement.js';
import { isShard, shardPath, writeManifest } from './manifest.js';
import type { Ranks } from './ranks.js';
import type { Segment } from './shards.js';

/** What is saved, and where. */
export interface ShardsToSave {
  readonly insides: Insides;
  readonly groups: readonly StepGroup[];
  /** Whole tensors. */
  readonly parameters: readonly Parameter[];
  readonly shards: readonly (readonly Segment[])[];
}

/**
 * Saves the shards of all ranks: until all of them are on the disk, the folder holds what it held before.
 *
 * @param id what to call the files, if this is rank 0
 */
export async function saveShards(
  ranks: Ranks,
  id: string,
  folder: unknown,
  options: unknown,
  { insides, groups, parameters, shards }: ShardsToSave,
) {
  const { rank, size } = ranks;
  const [ofAll] = (await gatherTexts(ranks, id)) as [string];
  let file: string | undefined;
  const write = async () => {
    const path = checkPath(folder);
    const value = { path, metadata: readMetadata(options) };
    await attempt(mkdir(path, { recursive: true }), 'ERR_CHECKPOINT_WRITE', path);
    file = shardPath(path, ofAll, rank, size);
    await writeSafetensors(file, [...parameterTensors(insides), ...stateTensors(insides)], {});
    return { value, statement: {} };
  };
  const { path, metadata } = await together(ranks, 'save()', write).catch(async (error) => {
    if (file !== undefined) await unlink(file).catch(() => {});
    throw error;
  });
  await together(ranks, 'save()', async () => {
    if (rank === 0) {
      await writeManifest(path, ofAll, insides, groups, parameters, shards, metadata);
      await removeOthers(path, ofAll, size);
    }
    return { value: undefined, statement: {} };
  });
}

function readMetadata(options: unknown) {
  requireOnly(options, ['metadata']);
  return encodeMetadata((options as { metadata?: unknown } | undefined)?.metadata);
}

/** Removes the shards of earlier saves, and of those that were broken off. */
async function removeOthers(folder: string, id: string, size: number) {
  const kept = Array.from({ length: size }, (_, r) => basename(shardPath(folder, id, r, size)));
  for (const name of await readdir(folder).catch(() => [])) {
    if (isShard(name) && !kept.includes(name)) await unlink(join(folder, name)).catch(() => {});
  }
}
