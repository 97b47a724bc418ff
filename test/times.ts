const SHARE = Number(process.env.RMSPROP_SOAK ?? 0);
if (!(SHARE >= 0))
  throw new Error(`Expected RMSPROP_SOAK to be a number, but received ${process.env.RMSPROP_SOAK}`);

/**
 * How often something random is tried: seldom in `npm test`, often in `npm run test:soak`, where RMSPROP_SOAK says which share
 * of that, by default all.
 */
export const times = (seldom: number, often: number) => Math.max(seldom, Math.ceil(often * SHARE));
