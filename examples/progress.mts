import { SingleBar } from 'cli-progress';

export interface Progress {
  /** So many are done; what there is to say about the last one. */
  update(done: number, text: string): void;
  done(): void;
}

/** A bar that grows in a terminal; in a file or a pipe, a line now and then. */
export function showProgress(name: string, total: number, unit: string): Progress {
  return process.stdout.isTTY && process.env.TERM !== 'dumb'
    ? bar(name, total, unit)
    : lines(name, total, unit);
}

function bar(name: string, total: number, unit: string): Progress {
  const live = new SingleBar({
    stream: process.stdout,
    format: `{name} {bar} ${unit} {value}/{total}  {text}`,
    barsize: 16,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    linewrap: false, // a narrow terminal cuts the line instead of filling with copies of it
    gracefulExit: false, // it would catch the signal and let the process run on
  });
  const stop = () => {
    live.stop();
    process.exit(130); // what a shell makes of SIGINT
  };
  const padded = name.padEnd(21);
  process.once('SIGINT', stop);
  live.start(total, 0, { name: padded, text: '' });
  return {
    update: (done, text) => live.update(done, { name: padded, text }),
    done() {
      live.stop();
      process.off('SIGINT', stop);
    },
  };
}

function lines(name: string, total: number, unit: string): Progress {
  const interval = Math.ceil(total / 4);
  return {
    update(done, text) {
      if (done % interval !== 0 && done !== total) return;
      console.log(`${name}: ${unit} ${done}/${total}, ${text}`);
    },
    done() {},
  };
}
