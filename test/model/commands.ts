import type fc from 'fast-check';
import type { Command } from './command.js';
import { freeze, setBadRate, setRate, setState } from './hyperparameters.js';
import { abandon, addGroup, engine, renew, wait } from './lifetime.js';
import { garbage, growing, shrink, swap, transfer, transferGradients } from './memory.js';
import { checkpoint, file, state } from './saves.js';
import { badStep, parts, rows, step, stepAsync } from './steps.js';

export const commands: fc.Arbitrary<Command>[] = [
  step,
  step,
  parts,
  rows,
  stepAsync,
  stepAsync,
  badStep,
  setRate,
  setBadRate,
  setState,
  freeze,
  addGroup,
  wait,
  garbage,
  engine,
  state,
  file,
  checkpoint,
  transfer,
  transferGradients,
  shrink,
  growing,
  swap,
  renew,
  renew,
  abandon,
];
