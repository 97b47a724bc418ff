import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { configure, type Isa, loadPyTorchState, runtime } from '../../lib/index.js';
import { arrayTypes, type DataType, difference, type Tensor } from '../bits.js';
import { type AnyOptimizer, optimizers } from '../variants.js';
import { differenceOfStates, inPyTorch, temporaryFolder } from './training.js';

type PerTensor<T> = { [name: string]: T };

/** What test/golden/make_states.py wrote; bytes in base64. */
interface Fixture {
  groups: string[][];
  types: PerTensor<DataType>;
  gradients: PerTensor<string | null>[];
  cases: {
    rule: string;
    options: object;
    others: object;
    file: string;
    params: PerTensor<string>;
    expectedFile: string;
    expectedParams: PerTensor<string>;
  }[];
}

const file = readFileSync(join(__dirname, '../golden/pytorch-states.json.gz'));
const { groups, types, gradients, cases }: Fixture = JSON.parse(gunzipSync(file).toString());
const folder = temporaryFolder();

const isas = runtime().availableIsas;
afterAll(() => configure({ isa: isas[0] as Isa }));

function tensorsOf(encoded: PerTensor<string | null>): PerTensor<Tensor> {
  return Object.fromEntries(
    Object.entries(encoded).map(([name, text]) => {
      const bytes = text === null ? null : Uint8Array.from(Buffer.from(text, 'base64'));
      return [name, bytes && new arrayTypes[types[name] as DataType](bytes.buffer)];
    }),
  ) as PerTensor<Tensor>;
}

const inGroups = (tensors: PerTensor<Tensor>) =>
  groups.map((names) => Object.fromEntries(names.map((name) => [name, tensors[name]])));

/** An optimizer of the given class, with its default options, in the state that is in a file of PyTorch's. */
async function resume(rule: string, params: PerTensor<Tensor>, content: string) {
  const { Class } = optimizers.find(({ name }) => name === rule) as (typeof optimizers)[number];
  const own = inGroups(params).map((tensors) => ({ params: tensors }));
  const optimizer = new Class(own as never, {});
  const path = join(folder, 'state.safetensors');
  writeFileSync(path, Buffer.from(content, 'base64'));
  await loadPyTorchState(path, { optimizer: optimizer as never });
  return optimizer;
}

/** SGD counts nothing in PyTorch. */
function uncounted(optimizer: AnyOptimizer) {
  const state = optimizer.stateDict();
  state.counters.updates = 0;
  for (const tensor of state.groups.flatMap(({ tensors }) => tensors)) tensor.step = 0;
  optimizer.loadStateDict(state);
  return optimizer;
}

describe.each(isas)('on %s, training goes on as in PyTorch from its state of', (isa: Isa) => {
  test.each(cases.map((each) => [each.rule, each.options, each.others, each] as const))(
    '%s %o, %o',
    async (rule, _options, _others, given) => {
      configure({ isa });
      const params = tensorsOf(given.params);
      const optimizer = await resume(rule, params, given.file);
      for (const each of gradients) optimizer.step(inGroups(tensorsOf(each)) as never);

      for (const [name, expected] of Object.entries(tensorsOf(given.expectedParams))) {
        const found = difference(params[name] as Tensor, expected);
        if (found) expect.fail(`${name}${found}`);
      }
      // No class starts with a state of PyTorch's: here it is read from a file of later on.
      const expected = await resume(rule, tensorsOf(given.params), given.expectedFile);
      if (rule === 'SGD') [optimizer, expected].map(uncounted);
      expect(differenceOfStates(optimizer, expected)).toBeUndefined();
    },
  );
});

test('the cases are of every class that PyTorch has', () => {
  expect(new Set(cases.map(({ rule }) => rule))).toEqual(new Set(inPyTorch.map((o) => o.name)));
});
