// Figures: what a bench gives to the table and to the JSON file.
import Table from 'cli-table3';

/** The middle one; of an even number of values the mean of the two in the middle. */
export function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The value below which a share of them lies. */
export function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)];
}

/** A number with as many digits as tell something. */
export function shown(value) {
  if (value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `12.3 (10.1–15.0)`: the median and the range of the rounds; one round has no range. */
export function spread(values) {
  if (values === undefined) return '';
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return values.length === 1 ? shown(values[0]) : `${shown(median(values))} (${shown(least)}–${shown(most)})`;
}

/**
 * Collects the figures of one bench, round by round: what was measured, of whom, and the figures by name. The first contestant named for a
 * workload is the yardstick: the others get the ratio of its first figure to theirs in the same round, as the median over the rounds.
 */
export class Figures {
  #rows = new Map();

  add(workload, contestant, figures) {
    const key = `${workload}\n${contestant}`;
    if (!this.#rows.has(key)) this.#rows.set(key, { workload, contestant, figures: {}, details: {} });
    append(this.#rows.get(key).figures, figures);
  }

  /** For the JSON file only. */
  addDetails(workload, contestant, details) {
    append(this.#rows.get(`${workload}\n${contestant}`).details, details);
  }

  rows() {
    const rows = [...this.#rows.values()];
    return rows.map(({ workload, contestant, figures, details }) => {
      const yardstick = rows.find((row) => row.workload === workload);
      const summarized = (all) =>
        Object.fromEntries(
          Object.entries(all).map(([name, values]) => [
            name,
            { median: median(values), min: Math.min(...values), max: Math.max(...values), values },
          ]),
        );
      const ratios =
        yardstick.contestant === contestant ? {} : { [`${yardstick.contestant} to this`]: ratiosOf(yardstick.figures, figures) };
      return { workload, contestant, ...summarized(figures), ...summarized(details), ...ratios };
    });
  }

  /** The tables people see, one for each kind of figures: a line a contestant, a column a figure. */
  tables() {
    const rows = [...this.#rows.values()];
    return [...grouped(rows).values()].map(tableOf).join('\n');
  }
}

const kindOf = ({ figures }) => Object.keys(figures).join();

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(kindOf(row), [...(groups.get(kindOf(row)) ?? []), row]);
  return groups;
}

/** The contestants of one workload below each other. */
function byWorkload(rows) {
  const workloads = [...new Set(rows.map(({ workload }) => workload))];
  return workloads.flatMap((name) => rows.filter(({ workload }) => workload === name));
}

function tableOf(rows) {
  const names = Object.keys(rows[0].figures);
  const yardstickOf = ({ workload }) => rows.find((row) => row.workload === workload);
  const yardsticks = new Set(rows.filter((row) => yardstickOf(row) !== row).map((row) => yardstickOf(row).contestant));
  const ratioHead = yardsticks.size === 0 ? [] : [`${[...yardsticks].join(' or ')} ÷ this, ${names[0]}`];
  const table = new Table({ head: ['workload', 'of', ...names, ...ratioHead], style: { head: [], border: [], compact: true } });
  let last = '';
  for (const row of byWorkload(rows)) {
    const yardstick = yardstickOf(row);
    const ratio = yardstick === row ? '' : shown(ratiosOf(yardstick.figures, row.figures)[names[0]]);
    const right = (content) => ({ content, hAlign: 'right' });
    const cells = names.map((name) => right(spread(row.figures[name])));
    table.push([row.workload === last ? '' : row.workload, row.contestant, ...cells, ...ratioHead.map(() => right(ratio))]);
    last = row.workload;
  }
  return table.toString();
}

function append(lists, values) {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) (lists[name] ??= []).push(value);
}

function ratiosOf(yardstick, figures) {
  const both = Object.keys(figures).filter((name) => yardstick[name] !== undefined);
  const ratio = (name) => median(figures[name].map((value, round) => yardstick[name][Math.min(round, yardstick[name].length - 1)] / value));
  return Object.fromEntries(both.map((name) => [name, ratio(name)]));
}
