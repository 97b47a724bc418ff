import type { PeerResult, Result } from './results.mts';
import type { Spread } from './spread.mts';
import { type Column, significant, type Table } from './table.mts';

const find = ({ peers }: Result, key: string) => peers.find(({ peer }) => peer === key);

/** How many times as long as ours each peer takes. */
export function peerTable(results: readonly Result[], table: Table): string {
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
  return table(columns, compared);
}

/** Half of the distance between the quartiles, in per cent of the median. */
function times(peer: PeerResult | undefined): string {
  if (peer?.ratio === undefined) return '';
  const { median, lower, upper } = peer.ratio;
  const percent = Math.round((50 * (upper - lower)) / median);
  return `${significant(median)} ±${`${percent}`.padStart(2)}%`;
}

interface Defeat {
  readonly result: Result;
  readonly peer: PeerResult;
  readonly ratio: Spread;
}

const defeatColumns: Column<Defeat>[] = [
  { title: 'peer', words: true, cell: ({ peer }) => peer.name },
  { title: 'rule', words: true, cell: ({ result }) => result.name },
  { title: 'size', cell: ({ result }) => result.shape.name },
  { title: 'threads', cell: ({ result }) => `${result.threads}` },
  { title: 'of our time', cell: ({ ratio }) => significant(ratio.median) },
];

/** Where a peer is faster than we are. */
export function defeatTable(results: readonly Result[], table: Table): string {
  const defeats = results.flatMap((result) =>
    result.peers.flatMap((peer) => {
      const { ratio } = peer;
      return ratio && ratio.median < 1 ? [{ result, peer, ratio }] : [];
    }),
  );
  return defeats.length === 0 ? 'No peer is faster.' : table(defeatColumns, defeats);
}
