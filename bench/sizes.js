// How much each form of the bench does. `smoke` is for a test: it shows in seconds that a bench still runs. `quick` shows in less than two
// minutes what all of them give; `usual` gives figures; `full` is long.

const quick = {
  rounds: 1,
  quietMilliseconds: 1_200,
  probeMilliseconds: 300,
  warmMilliseconds: 1_000,
  warmRequests: 0,
  assignments: { connections: [64], seconds: 1, accountsCount: 200, poolSizes: [16] },
  reading: { assignments: 3_000, lagSeconds: 1, commands: 50, eachAlone: false },
  searching: { entries: 10_000, customers: 200, searches: 30 },
  growing: { events: [10_000], atOnce: 64 },
  pool: { facts: 5_000 },
  store: { scale: 'small', only: 'append-seq,append-conc path=batch concurrency=32,append-hot-pipelined,read-all' },
  hotAccount: { seconds: 1, callers: 32 },
  soak: { minutes: 0.1, everyMilliseconds: 500 },
};

const usual = {
  rounds: 3,
  quietMilliseconds: 1_500,
  probeMilliseconds: 2_000,
  warmMilliseconds: 8_000,
  warmRequests: 15_000,
  assignments: { connections: [1, 16, 64, 256], seconds: 6, accountsCount: 10_000, poolSizes: [4, 8, 16, 32, 64] },
  reading: { assignments: 50_000, lagSeconds: 15, commands: 1_000, eachAlone: true },
  searching: { entries: 1_000_000, customers: 2_000, searches: 300 },
  growing: { events: [10_000, 1_000_000], atOnce: 64 },
  pool: { facts: 100_000 },
  store: { scale: 'full' },
  hotAccount: { seconds: 5, callers: 32 },
  soak: { minutes: 2, everyMilliseconds: 1_000 },
};

const full = {
  ...usual,
  assignments: { ...usual.assignments, seconds: 12 },
  growing: { events: [10_000, 1_000_000, 10_000_000], atOnce: 64 },
  soak: { minutes: 10, everyMilliseconds: 2_000 },
};

const smoke = {
  ...quick,
  quietMilliseconds: 150,
  probeMilliseconds: 50,
  warmMilliseconds: 100,
  assignments: { connections: [4], seconds: 0.2, accountsCount: 10, poolSizes: [4] },
  reading: { assignments: 100, lagSeconds: 0.5, commands: 5, eachAlone: false },
  searching: { entries: 1_000, customers: 50, searches: 5 },
  growing: { events: [500], atOnce: 8 },
  pool: { facts: 200 },
  store: { scale: 'small', only: 'append-seq' },
  hotAccount: { seconds: 0.3, callers: 4 },
  soak: { minutes: 0.01, everyMilliseconds: 200 },
};

export function sizesOf(form, minutes) {
  const sizes = { smoke, quick, usual, full }[form];
  return minutes === undefined ? sizes : { ...sizes, soak: { ...sizes.soak, minutes } };
}
