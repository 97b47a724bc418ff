/**
 * Between two numbers by half a wave of the cosine: to + (from - to) * (1 + cos(pi * done / whole)) / 2, exact at both ends.
 *
 * @param done from 0 to whole
 */
export function cosineAnnealing(from: number, to: number, done: number, whole: number): number {
  const left = whole - done;
  // From the nearer end: so it is never beyond either.
  return done < left
    ? from + (to - from) * halfWave(left, whole)
    : to + (from - to) * halfWave(done, whole);
}

/**
 * (1 + cos(pi * done / whole)) / 2: from 1, where nothing is done, to 0. Exact at both ends; else its error is below 2^-50 of
 * its value, however small that is.
 *
 * It is the square of cos(pi / 2 * done / whole), or of the sine of what is left, which loses nothing where it nears 0.
 * `Math.cos` is whatever each engine makes of it; these sums and products are the same everywhere.
 */
export function halfWave(done: number, whole: number): number {
  const left = whole - done;
  const root =
    done < left ? cosine((Math.PI / 2) * (done / whole)) : sine((Math.PI / 2) * (left / whole));
  return root * root;
}

// Taylor series for angles from 0 to pi/4: what is left out is below 2^-60.
function cosine(angle: number): number {
  const x = angle * angle;
  let sum = 1;
  for (let n = 18; n >= 2; n -= 2) sum = 1 - (sum * x) / (n * (n - 1));
  return sum;
}

function sine(angle: number): number {
  const x = angle * angle;
  let sum = 1;
  for (let n = 19; n >= 3; n -= 2) sum = 1 - (sum * x) / (n * (n - 1));
  return angle * sum;
}
