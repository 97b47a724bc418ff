import { SingleBar } from 'cli-progress';
import { percent, significant } from './results.mts';
import type { Point } from './training.mts';

export interface Progress {
  epoch(epoch: number, point: Point): void;
  done(): void;
}

/** A bar that grows in a terminal; in a file or a pipe, a line now and then. */
export function showProgress(name: string, epochs: number): Progress {
  return process.stdout.isTTY ? bar(name, epochs) : lines(name, epochs);
}

function bar(name: string, epochs: number): Progress {
  const live = new SingleBar({
    stream: process.stdout,
    format: '{name} {bar} epoch {value}/{total}  loss {loss}  accuracy {accuracy}',
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
  const payload = ({ loss, accuracy }: Point) => ({
    name: name.padEnd(17),
    loss: significant(loss).padEnd(8),
    accuracy: percent(accuracy),
  });
  process.once('SIGINT', stop);
  live.start(epochs, 0, { name: name.padEnd(17), loss: '-'.padEnd(8), accuracy: '-' });
  return {
    epoch: (epoch, point) => live.update(epoch, payload(point)),
    done() {
      live.stop();
      process.off('SIGINT', stop);
    },
  };
}

function lines(name: string, epochs: number): Progress {
  const interval = Math.ceil(epochs / 4);
  return {
    epoch(epoch, { loss, accuracy }) {
      if (epoch % interval !== 0 && epoch !== epochs) return;
      const numbers = `loss ${significant(loss)}, accuracy ${percent(accuracy)}`;
      console.log(`${name}: epoch ${epoch}/${epochs}, ${numbers}`);
    },
    done() {},
  };
}
