/**
 * Times the steps of the optimizers against the limit loop and other implementations; see README.md.
 * `npm run bench -- --help` lists the options.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configure } from 'rmsprop';
import { drawPeers } from './charts/peers.mts';
import { drawRoofline } from './charts/roofline.mts';
import { checksOf, idleChecks, narrowChecks } from './checks.mts';
import { hotLoops } from './code/loops.mts';
import { codeSize } from './code/size.mts';
import { compareIdle, type IdleResult, idleContenders } from './idle.mts';
import { describeMachine, machineLine } from './machine.mts';
import { compareNarrow, type NarrowResult, narrowContenders, suitsNarrow } from './narrow.mts';
import { help, type Options, readOptions } from './options.mts';
import { writePage } from './page.mts';
import { openPeers } from './peers/index.mts';
import type { Peer } from './peers/peer.mts';
import { Patience } from './quiet.mts';
import { writeRecord } from './record.mts';
import { parts, report } from './report.mts';
import { compare, type Result } from './results.mts';
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
  const title = machineLine(machine, start);
  console.log(title);
  const { peers, missing } = await openPeers(options.peers, options.python);
  for (const { name, version } of peers) console.log(`with ${name} (${version})`);
  if (missing.length > 0) console.log(`not here: ${absences(missing)}`);

  const measured = await measureAll(options, peers);
  for (const { close } of peers) close?.();
  const { results, idle, narrow } = measured;
  const checks = [...checksOf(results), ...idleChecks(idle), ...narrowChecks(narrow)];
  const figures = { ...measured, checks, codeSize: codeSize(), hotLoops: hotLoops() };
  console.log(`\n${report(figures)}`);
  const warning = interruptions([...results, ...narrow]);
  if (warning) console.log(`\n${warning}`);

  const seconds = Math.round((Date.now() - start.getTime()) / 1e3);
  console.log(`\n${Math.floor(seconds / 60)} min ${seconds % 60} s`);
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  const versions = Object.fromEntries(peers.map(({ key, version }) => [key, version]));
  if (options.json) {
    const about = { date: start, seconds, command, machine, versions, missing };
    writeRecord(options.json, { ...about, ...figures });
  }
  if (options.markdown) {
    const others = peers.map(({ name, version }) => `${name} (${version})`).join(', ');
    const about = [`${title}; \`${command}\``, ...(others ? [`with ${others}`] : [])].join('; ');
    writePage(options.markdown, { run: [about, warning].join('. ').trim(), ...parts(figures) });
  }
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
  const narrow: NarrowResult[] = [];
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
      if (suitsNarrow(shape) && narrowContenders.includes(contender) && options.narrow.length > 0) {
        for (const count of threads) {
          const one = { contender, tensors, threads: count, isa: isas[0] };
          narrow.push(...(await compareNarrow(one, options.narrow, budget, patience)));
        }
      }
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  return { results, idle, narrow };
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

function interruptions(cases: readonly { interrupted: number }[]): string {
  const most = Math.max(...cases.map(({ interrupted }) => interrupted));
  if (most < 0.1) return '';
  const percent = Math.round(100 * most);
  return `The machine was busy: in one case other programs interrupted ${percent} % of the timings.`;
}

const options = parse();
if (options === 'help') process.stdout.write(help);
else if (options) {
  await run(options).catch((error: Error) => {
    console.error(error.stack);
    process.exit(1); // with a peer's process still running, this one would not end
  });
}
