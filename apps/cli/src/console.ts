import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import colors from 'picocolors';

/** Writes to stdout and waits while the reader is slower than we are. */
export async function print(text: string): Promise<void> {
  if (process.stdout.write(`${text}\n`)) return;
  await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
}

export interface Progress {
  /** How much is done, in the unit of the total. */
  update(done: number): void;
  stop(): void;
}

const drawEveryMilliseconds = 100;

/** A bar on stderr while somebody is looking; nothing at all when the output goes elsewhere. */
export function progress(label: string, total: number): Progress {
  if (!process.stderr.isTTY || total <= 0) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: `${label} ${colors.cyan('{bar}')} {percentage} %  {eta_formatted} left`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    etaBuffer: 50,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  bar.start(total, 0);
  let drawnAt = 0;
  const update = (done: number): void => {
    // The time left is told from the last few updates: with one a fact it would jump about.
    if (performance.now() - drawnAt < drawEveryMilliseconds) return;
    drawnAt = performance.now();
    bar.update(Math.min(done, total));
  };
  return { update, stop: () => bar.stop() };
}

/** Rows under a head; numbers stand on the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const colAligns = head.map((_, column) => (rows.every((row) => isNumber(row[column])) ? ('right' as const) : ('left' as const)));
  const drawn = new Table({ head: head.map((text) => colors.bold(text)), colAligns, style: { head: [], border: [], compact: true } });
  drawn.push(...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : cell))));
  return drawn.toString();
}

/** `12,345` */
export function count(number: number): string {
  return number.toLocaleString('en-US');
}

/** `1 order`, `2 orders` */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

function isNumber(cell: string | number | undefined): boolean {
  return typeof cell === 'number' || cell === '' || /^[+-]?[\d,]+$/.test(cell ?? '');
}

/** `980 bytes`, `1.5 kB`, `12.0 MB`, `1,234.5 MB` */
export function sizeInWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  const [unit, name] = bytes < 1_000_000 ? [1_000, 'kB'] : [1_000_000, 'MB'];
  return `${(bytes / unit).toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ${name}`;
}
