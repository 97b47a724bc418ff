import { execFile } from 'node:child_process';
import { join } from 'node:path';

const root = JSON.stringify(join(__dirname, '../..'));

/** What children need: the package, workers, and a tensor that takes threads. */
const prelude = `
  const { Adam, configure, RMSprop, runtime, SGD } = require(${root});
  const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
  const { readdirSync, readFileSync } = require('node:fs');
  const { setTimeout: sleep, setImmediate: turn } = require('node:timers/promises');
  const tensor = (length = 1_000_000) => new Float32Array(length).fill(1);
  const worker = (code, workerData) =>
    new Worker('const root = ' + ${JSON.stringify(root)} + ';' + code, { eval: true, workerData });
  const once = (emitter, name) =>
    new Promise((resolve, reject) => emitter.once(name, resolve).once('error', reject));
  // Threads of the team that are not about to end (PF_EXITING): one that was joined can be listed for a moment longer.
  const teamSize = () => readdirSync('/proc/self/task').filter((task) => {
    try {
      const stat = readFileSync('/proc/self/task/' + task + '/stat', 'utf8');
      return stat.includes('(rmsprop)') && !(stat.split(') ')[1].split(' ')[6] & 4);
    } catch { return false; }
  }).length;`;

export interface End {
  code: number | string | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** Runs code, which may await, in a process of its own. */
export function runChild(code: string, options: readonly string[] = []): Promise<End> {
  return new Promise((resolve) => {
    const source = `${prelude}\n(async () => { ${code} })();`;
    const command = [...options, process.execPath, '--expose-gc', '-e', source];
    const [program, ...rest] = command as [string, ...string[]];
    execFile(program, rest, { encoding: 'utf8' }, (error, stdout, stderr) => {
      const { code = 0, signal = null } = error ?? {};
      resolve({ code: code as number, signal, stdout: stdout.trim(), stderr });
    });
  });
}
