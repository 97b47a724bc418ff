/** The longest n-grams that count. */
const LONGEST = 4;

/**
 * Corpus BLEU from 0 to 1, with one weight for 1- to 4-grams, a brevity penalty and no smoothing: Papineni et al.,
 * aclanthology.org/P02-1040. `references` has all that would be right for each candidate.
 */
export function bleu(candidates: string[][], references: string[][][]): number {
  let [length, closest] = [0, 0];
  const orders = Array.from({ length: LONGEST }, (_, i) => ({ n: i + 1, hits: 0, all: 0 }));
  for (const [i, candidate] of candidates.entries()) {
    const right = references[i] ?? [];
    length += candidate.length;
    const distance = (reference: string[]) => Math.abs(reference.length - candidate.length);
    const byDistance = right.toSorted((a, b) => distance(a) - distance(b) || a.length - b.length);
    closest += byDistance[0]?.length ?? 0;
    for (const order of orders) {
      const allowed = right.map((reference) => nGrams(reference, order.n));
      for (const [nGram, count] of nGrams(candidate, order.n)) {
        order.all += count;
        order.hits += Math.min(count, Math.max(...allowed.map((counts) => counts.get(nGram) ?? 0)));
      }
    }
  }
  // The logarithm of 0 is -Infinity, which exp makes 0 again; 0 / 0 is NaN.
  const logarithms = orders.map(({ hits, all }) => (all > 0 ? Math.log(hits / all) : -Infinity));
  const mean = logarithms.reduce((sum, x) => sum + x, 0) / LONGEST;
  return Math.exp(Math.min(0, 1 - closest / length) + mean);
}

/** How often each sequence of n words comes. */
function nGrams(words: string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const nGram = words.slice(i, i + n).join(' ');
    counts.set(nGram, (counts.get(nGram) ?? 0) + 1);
  }
  return counts;
}
