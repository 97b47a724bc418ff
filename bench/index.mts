/**
 * Times the steps of the optimizers against the limit loop and other implementations; see README.md.
 * `npm run bench -- --help` lists the options.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configure } from 'rmsprop';
import { caseTable } from './case-table.mts';
import { drawPeers } from './charts/peers.mts';
import { drawRoofline } from './charts/roofline.mts';
import { checkSummary, checksOf, idleChecks } from './checks.mts';
import { compareIdle, type IdleResult, idleContenders, idleTable } from './idle.mts';
import { describeMachine, machineLine } from './machine.mts';
import { help, type Options, readOptions } from './options.mts';
import { defeats, peerTable } from './peer-table.mts';
import { openPeers } from './peers/index.mts';
import type { Peer } from './peers/peer.mts';
import { Patience } from './quiet.mts';
import { writeRecord } from './record.mts';
import { compare, type Result } from './results.mts';
import { significant } from './table.mts';
import { createTensors } from './tensors.mts';

/** Where parameters without gradients are looked at: in the first caches and in the last. */
const idleSizes = ['16K', '1M'];

function parse(): Options | 'help' | undefined {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
    return undefined;
  }
}

async function run(options: Options) {
  const start = new Date();
  const machine = describeMachine();
  console.log(machineLine(machine, start));
  const { peers, missing } = await openPeers(options.peers, options.python);
  for (const { name, version } of peers) console.log(`with ${name} (${version})`);
  if (missing.length > 0) console.log(`not here: ${absences(missing)}`);

  const { results, idle } = await measureAll(options, peers);
  for (const { close } of peers) close?.();

  console.log('\nns are per parameter; ratio is time of the limit loop / time of the step\n');
  console.log(caseTable(results));
  if (results.some(({ peers }) => peers.some(({ ratio }) => ratio))) {
    console.log('\nTimes as long as our step takes, with half the distance of the quartiles\n');
    console.log(peerTable(results));
  }
  const lost = defeats(results);
  if (lost.length > 0) console.log('\nA peer is faster:');
  for (const { result, peer, ratio } of lost) {
    const where = `${result.name}, ${result.shape.name}, ${result.threads} thread(s)`;
    console.log(`  ${peer.name}: ${where}, ${significant(ratio.median)} of our time`);
  }
  if (idle.length > 0) {
    console.log('\nParameters without gradients, their averages denormal; one thread\n');
    console.log(idleTable(idle));
  }
  const checks = [...checksOf(results), ...idleChecks(idle)];
  console.log(`\n${checkSummary(checks)}`);
  warnOfInterruptions(results);

  const seconds = Math.round((Date.now() - start.getTime()) / 1e3);
  console.log(`\n${Math.floor(seconds / 60)} min ${seconds % 60} s`);
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  const versions = Object.fromEntries(peers.map(({ key, version }) => [key, version]));
  const record = {
    date: start,
    seconds,
    command,
    machine,
    versions,
    missing,
    results,
    idle,
    checks,
  };
  if (options.json) writeRecord(options.json, record);
  if (options.svg) {
    const caption = `${machine.processor}, ${machine.isa}, ${start.toISOString().slice(0, 10)}`;
    writeFileSync(join(options.svg, 'roofline.svg'), await drawRoofline(results, caption));
    writeFileSync(join(options.svg, 'peers.svg'), await drawPeers(results, caption));
  }
}

async function measureAll(options: Options, peers: readonly Peer[]) {
  const { contenders, shapes, threads, isas, budget } = options;
  const patience = new Patience(options.patience);
  const results: Result[] = [];
  const idle: IdleResult[] = [];
  const cases = shapes.length * contenders.length * isas.length * threads.length;
  for (const shape of shapes) {
    const tensors = createTensors(shape);
    for (const contender of contenders) {
      for (const isa of isas) {
        for (const count of threads) {
          const one = { contender, tensors, threads: count, isa };
          results.push(await compare(one, isa === isas[0] ? peers : [], budget, patience));
          const progress = `${results.length} of ${cases} cases measured`;
          if (process.stderr.isTTY) process.stderr.write(`\r${progress}`);
        }
      }
      if (idleSizes.includes(shape.name) && idleContenders.includes(contender)) {
        configure({ isa: isas[0] });
        idle.push(...(await compareIdle(contender, tensors, budget)));
      }
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  return { results, idle };
}

/** Each way to get something once, after what it gets. */
function absences(missing: readonly { name: string; missing: string }[]): string {
  const ways = [...new Set(missing.map(({ missing }) => missing))];
  return ways
    .map((way) => {
      const those = missing.filter(({ missing }) => missing === way);
      return `${those.map(({ name }) => name).join(', ')} (${way})`;
    })
    .join('; ');
}

function warnOfInterruptions(results: readonly Result[]) {
  const most = Math.max(...results.map(({ interrupted }) => interrupted));
  if (most < 0.1) return;
  const percent = Math.round(100 * most);
  console.log(
    `\nThe machine was busy: in one case other programs interrupted ${percent} % of the timings.`,
  );
}

const options = parse();
if (options === 'help') process.stdout.write(help);
else if (options) {
  await run(options).catch((error: Error) => {
    console.error(error.stack);
    process.exit(1); // with a peer's process still running, this one would not end
  });
}
