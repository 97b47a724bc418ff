import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

interface Fixture {
  /** The base rates of two groups. */
  rates: number[];
  /** What schedules that look at a metric were shown, step by step. */
  metrics: number[];
  /** The rates of each group, step by step. */
  cases: { name: string; rates: number[][] }[];
  /** Momentum or beta1 in one cycle, step by step. */
  momenta: { name: string; values: number[] }[];
}

/** What torch.optim.lr_scheduler computed: see test/golden/make_schedules.py. */
export const pytorch: Fixture = JSON.parse(
  gunzipSync(readFileSync(join(__dirname, '../golden/pytorch-schedules.json.gz'))).toString(),
);
