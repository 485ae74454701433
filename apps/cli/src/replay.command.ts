import colors from 'picocolors';
import type { FactMetadata } from '#event-store';
import { totalOf, type ProductBalance } from '#licensing';
import type { Connection } from './connect.js';
import { count, print, table } from './console.js';
import { Failure } from './failure.js';
import { readMoment } from './moment.js';
import { effectiveAt, replay as stepsOf, type Step } from './replay.js';

export interface ReplayOptions {
  readonly account: string;
  readonly until?: string;
  readonly json?: boolean;
}

/** So many rows are drawn as one table; a longer history goes on in the next one, under its own head. */
const rowsPerTable = 200;

/** Prints the history of an account, as tables or as one JSON object a fact, with the balance after each. */
export async function replay(
  { log, where }: Connection,
  { account, until, json = false }: ReplayOptions,
  signal: AbortSignal,
): Promise<void> {
  let last: Step | undefined;
  let rows: string[][] = [];
  const flush = async () => {
    if (rows.length > 0) await print(table(['Recorded', 'Revision', 'What happened', 'Product', 'Change', 'Available'], rows));
    rows = [];
  };
  for await (const step of stepsOf(log, account, until === undefined ? undefined : readMoment(until))) {
    if (signal.aborted) throw new Failure('Interrupted: the history goes on.');
    last = step;
    if (json) await print(JSON.stringify(jsonOf(step)));
    else rows.push(...rowsOf(step));
    if (rows.length >= rowsPerTable) await flush();
  }
  await flush();
  if (last === undefined)
    throw new Failure(`Account ${account} has no history${until === undefined ? '' : ` up to ${until}`} in ${where}.`);
  if (json) return;
  await print(`\n${colors.bold(`Account ${account} then held ${count(totalOf(last.balances))} in total`)}`);
  await print(balanceTable(last.balances));
}

function rowsOf({ event, movements }: Step): string[][] {
  const { recordedAt } = event.metadata as FactMetadata;
  const effective = effectiveAt(event);
  const late = effective === recordedAt ? '' : ` (effective ${effective})`;
  return movements.map(({ sku, change, available, description }, index) => [
    index === 0 ? recordedAt : '',
    index === 0 ? String(event.revision) : '',
    `${description}${late}`,
    sku,
    change === 0 ? '' : `${change > 0 ? '+' : '-'}${count(Math.abs(change))}`,
    count(available),
  ]);
}

function jsonOf({ event, balances }: Step): object {
  const { stream, revision, position, id, type, data, metadata } = event;
  const { recordedAt, actor } = metadata as FactMetadata;
  return { stream, revision, position: String(position), id, type, recordedAt, effectiveAt: effectiveAt(event), actor, data, balances };
}

function balanceTable(balances: readonly ProductBalance[]): string {
  const head = ['Product', 'Purchased', 'Received', 'Available', 'Held', 'Assigned', 'In seats', 'Expired', 'Cancelled'];
  return table(
    head,
    balances.map((balance) => [
      balance.sku,
      balance.purchased,
      balance.received,
      balance.available,
      balance.held,
      balance.assigned,
      balance.inSeats,
      balance.expired,
      balance.cancelled,
    ]),
  );
}
