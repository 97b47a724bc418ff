import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { runtime } from 'rmsprop';

/** Everything about this machine that the figures depend on. */
export function describeMachine() {
  const { version, isa, availableIsas } = runtime();
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    processors: availableParallelism(),
    caches: caches(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: `${process.platform} ${release()} ${process.arch}`,
    isa,
    availableIsas,
    node: process.version,
    rmsprop: version,
    commit: output('git', ['describe', '--always', '--dirty']),
    openmp: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => /^(OMP|GOMP|KMP)_/.test(name)),
    ),
    load: loadavg()[0],
  };
}

/** What a run says first. */
export function machineLine(machine: ReturnType<typeof describeMachine>, date: Date): string {
  const { processor, processors, isa, node, rmsprop } = machine;
  return `${processor}, ${processors} processors, ${isa}; Node ${node}, rmsprop ${rmsprop}; ${date.toISOString()}`;
}

/** As lscpu tells them, where there is one. */
function caches(): Record<string, string> {
  const lines = output('lscpu', [])?.match(/^L\d.*cache:.*$/gm) ?? [];
  return Object.fromEntries(lines.map((line) => line.split(/:\s+/)));
}

function output(command: string, args: string[]): string | undefined {
  try {
    const cwd = new URL('.', import.meta.url);
    return execFileSync(command, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
