import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Turns } from '../lib/turns.js';

describe('turns', () => {
  const failing = () => {
    throw new Error('no promise');
  };

  test('work that throws instead of returning a promise ends its turn', async () => {
    const turns = new Turns();
    await expect(turns.take(failing)).rejects.toThrow('no promise');
    expect(turns.busy).toBe(false);
    const results = await Promise.allSettled([
      turns.take(async () => 1),
      turns.take(failing),
      turns.take(failing),
      turns.take(async () => 2),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(turns.busy).toBe(false);
  });

  test('a signal has one listener, however much waits for it, and none in the end', async () => {
    const { signal } = new AbortController();
    const many = Array.from({ length: 3 }, () => new Turns());
    const taken = many.flatMap((turns) =>
      Array.from({ length: 20 }, () => turns.take(async () => {}, signal)),
    );
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    await Promise.all(taken);
    expect(getEventListeners(signal, 'abort').length).toBe(0);
  });

  test('what is cancelled in the middle or at the end of those that wait is passed over', async () => {
    const turns = new Turns();
    const [a, b] = [new AbortController(), new AbortController()];
    const done: number[] = [];
    const signals = [undefined, a.signal, undefined, a.signal, b.signal];
    const taken = signals.map((signal, i) => turns.take(async () => done.push(i), signal));
    a.abort('a');
    b.abort('b');
    taken.push(turns.take(async () => done.push(5)));
    const results = await Promise.allSettled(taken);
    const reasons = results.map((result) => (result as PromiseRejectedResult).reason);
    expect(reasons).toEqual([undefined, 'a', undefined, 'a', 'b', undefined]);
    expect(done).toEqual([0, 2, 5]);
    expect(turns.busy).toBe(false);
  });

  test('a hundred thousand that wait take no longer for each than a few do', async () => {
    const turns = new Turns();
    const { signal } = new AbortController();
    let done = 0;
    const work = async () => {
      done++;
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: 100_000 }, () => turns.take(work, signal)));
    expect(performance.now() - start).toBeLessThan(5000); // a minute or more, if each looks through the others
    expect(done).toBe(100_000);
  });

  test('a signal that does not let itself be left alone ends no turn', async () => {
    const { signal } = new AbortController();
    signal.removeEventListener = failing;
    const turns = new Turns();
    const taken = [turns.take(async () => 1), turns.take(async () => 2, signal)];
    expect(await Promise.all(taken)).toEqual([1, 2]);
    expect(turns.busy).toBe(false);
  });
});
