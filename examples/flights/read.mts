import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export const columns = [
  ...['day', 'sched_dep_time', 'dep_delay', 'arr_delay', 'air_time'],
  ...['carrier', 'flight', 'tailnum', 'origin', 'dest'],
] as const;

export const january = fileURLToPath(new URL('./january.csv.gz', import.meta.url));

export interface Flight {
  day: number;
  /** When it is to leave, in minutes of the month. */
  departure: number;
  /** When it has landed, or nearly: half an hour on the ground and the time in the air after it left. */
  landing: number;
  /** Whether it arrives more than 15 minutes late. */
  late: boolean;
  /** What is known before. */
  features: Record<string, string>;
}

/** The flights that arrived, in the order in which they were to leave. */
export function readFlights(): Flight[] {
  const lines = gunzipSync(readFileSync(january)).toString('latin1').trim().split('\n').slice(1);
  const flights = lines
    .map((line) => line.split(','))
    .filter((values) => values[columns.indexOf('arr_delay')] !== 'NA')
    .map((values) =>
      flight(
        Object.fromEntries(columns.map((column, i) => [column, values[i]])) as Record<
          (typeof columns)[number],
          string
        >,
      ),
    );
  return flights.sort((a, b) => a.departure - b.departure);
}

function flight(row: Record<(typeof columns)[number], string>): Flight {
  const time = Number(row.sched_dep_time); // 1730 is half past five in the afternoon
  const hour = Math.floor(time / 100);
  const departure = (24 * (Number(row.day) - 1) + hour) * 60 + (time % 100);
  const { day, carrier, origin, dest, tailnum } = row;
  return {
    day: Number(day),
    departure,
    landing: departure + Number(row.dep_delay) + 30 + Number(row.air_time),
    late: Number(row.arr_delay) > 15,
    features: {
      ...{ carrier, origin, dest, tailnum, day, hour: `${hour}` },
      flight: `${carrier} ${row.flight}`,
      'carrier, origin': `${carrier} ${origin}`,
      // What holds for a day alone, such as the weather, must be learned during that day.
      'day, hour': `${day} ${hour}`,
      'day, origin': `${day} ${origin}`,
      'day, carrier': `${day} ${carrier}`,
      'day, dest': `${day} ${dest}`,
      'day, tailnum': `${day} ${tailnum}`,
    },
  };
}
