import type { PeerResult, Result } from './results.mts';
import type { Spread } from './spread.mts';
import { type Column, significant, textTable } from './table.mts';

const find = ({ peers }: Result, key: string) => peers.find(({ peer }) => peer === key);

/** How many times as long as ours each peer takes. */
export function peerTable(results: readonly Result[]): string {
  const compared = results.filter(({ peers }) => peers.some(({ ratio }) => ratio));
  const names = new Map(compared.flatMap(({ peers }) => peers.map((p) => [p.peer, p.name])));
  const columns: Column<Result>[] = [
    { title: 'rule', words: true, cell: ({ name }) => name },
    { title: 'size', cell: ({ shape }) => shape.name },
    { title: 'threads', cell: ({ threads }) => `${threads}` },
    { title: 'step ns', cell: ({ step }) => significant(step.median) },
    ...[...names].map(([key, title]) => ({
      title,
      cell: (result: Result) => times(find(result, key)),
    })),
  ];
  return textTable(columns, compared);
}

/** Half of the distance between the quartiles, in per cent of the median. */
function times(peer: PeerResult | undefined): string {
  if (peer?.ratio === undefined) return '';
  const { median, lower, upper } = peer.ratio;
  const percent = Math.round((50 * (upper - lower)) / median);
  return `${significant(median)} ±${`${percent}`.padStart(2)}%`;
}

export interface Defeat {
  readonly result: Result;
  readonly peer: PeerResult;
  readonly ratio: Spread;
}

/** Where a peer is faster than we are. */
export function defeats(results: readonly Result[]): Defeat[] {
  return results.flatMap((result) =>
    result.peers.flatMap((peer) => {
      const { ratio } = peer;
      return ratio && ratio.median < 1 ? [{ result, peer, ratio }] : [];
    }),
  );
}
