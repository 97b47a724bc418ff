/** The number on the straight line between two others, exact at both ends; done is from 0 to whole. */
export function interpolate(from: number, to: number, done: number, whole: number): number {
  const left = whole - done;
  return done < left ? from + ((to - from) * done) / whole : to + ((from - to) * left) / whole;
}
