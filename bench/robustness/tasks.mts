import type { Task } from './task.mts';
import { factorization } from './tasks/factorization.mts';
import { flights } from './tasks/flights.mts';
import { digits, fashion } from './tasks/images.mts';
import { recurrent } from './tasks/recurrent.mts';

/** The last one had no part in finding the methods. */
export const tasks: readonly Task[] = [digits, fashion, recurrent, factorization, flights];
