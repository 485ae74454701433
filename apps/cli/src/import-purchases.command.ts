import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import colors from 'picocolors';
import { Ledger, Witness } from '#event-store';
import { pool, purchaseLicenses } from '#licensing';
import { SandboxClock, wallClock, type Clock } from '#platform';
import type { Connection } from './connect.js';
import { count, counted, print, progress, table } from './console.js';
import { Failure } from './failure.js';
import { type PlannedOrder, planImport } from './import-plan.js';
import { type FileError, readPurchaseFile } from './purchase-file.js';

export interface ImportOptions {
  readonly apply?: boolean;
  readonly all?: boolean;
}

/** Orders that go well are shown up to this many; what goes wrong is always shown. */
const shownMax = 50;
/** So many orders wait for the event store together. */
const togetherMax = 256;
const errorsShownMax = 100;

/** Shows what a file of purchases would do; with `apply` does it, unless anything in it is wrong. A second run adds nothing. */
export async function importPurchases(
  connection: Connection,
  path: string,
  { apply = false, all = false }: ImportOptions,
  signal: AbortSignal,
): Promise<void> {
  const { orders, errors } = readPurchaseFile(await textOf(path));
  const clock: Clock = connection.isSandbox ? await SandboxClock.open(connection.log, signal, () => undefined) : wallClock;
  const now = () => clock.nowText();
  const witness = new Witness({ log: connection.log, now });
  const ledger = new Ledger({ log: connection.log, now, witness });
  const planned = await planImport(ledger, orders, clock.nowText(), basename(path));
  await printPlan(planned, all);
  await print(summary(planned, errors));

  const wrong = planned.filter(({ outcome }) => outcome === 'conflict' || outcome === 'refused');
  if (errors.length + wrong.length > 0)
    throw new Failure(`${complaints(errors, wrong)}\nNothing was recorded: correct the file and try again.`);
  const fresh = planned.filter(({ outcome }) => outcome === 'new');
  if (fresh.length === 0) await print('There is nothing to record.');
  else if (apply) await print(colors.green(`Recorded ${await record(ledger, fresh, signal).finally(() => witness.close())}.`));
  else await print('Nothing was recorded yet: the same command with --apply does it.');
}

async function record(ledger: Ledger, planned: readonly PlannedOrder[], signal: AbortSignal): Promise<string> {
  const bar = progress('Recording', planned.length);
  let done = 0;
  try {
    for (let from = 0; from < planned.length; from += togetherMax) {
      if (signal.aborted)
        throw new Failure(
          `Interrupted: ${counted(done, 'order')} of ${count(planned.length)} recorded. The same command goes on from there.`,
        );
      const together = planned.slice(from, from + togetherMax);
      await Promise.all(
        together.map(({ command }) =>
          ledger.record(pool, command.accountId, command, purchaseLicenses).then(() => bar.update((done += 1))),
        ),
      );
    }
  } finally {
    bar.stop();
  }
  return `${counted(planned.length, 'order')} with ${counted(licensesIn(planned), 'license')}`;
}

async function textOf(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Failure(`There is no file ${path}.`);
    throw new Failure(
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
        ? `${path} is not in UTF-8: save it as UTF-8 and try again.`
        : `${path} cannot be read: ${message}`,
    );
  }
}

async function printPlan(planned: readonly PlannedOrder[], all: boolean): Promise<void> {
  const isWrong = ({ outcome }: PlannedOrder) => outcome === 'conflict' || outcome === 'refused';
  let left = shownMax;
  const shown = planned.filter((order) => all || isWrong(order) || left-- > 0);
  if (shown.length === 0) return;
  const rows = shown.map(({ order, outcome, message }) => [
    order.at.join(', '),
    order.account,
    order.orderId,
    order.lines.map(({ sku, quantity }) => `${count(quantity)} × ${sku}`).join('\n'),
    order.purchasedAt ?? '',
    outcome === 'new' ? colors.green('new') : outcome === 'already there' ? outcome : colors.red(`${outcome}: ${message}`),
  ]);
  await print(table(['Lines', 'Account', 'Order', 'Licenses', 'Sold at', 'What would happen'], rows));
  if (shown.length < planned.length) await print(`… and ${counted(planned.length - shown.length, 'more order')}; --all shows them.`);
}

function summary(planned: readonly PlannedOrder[], errors: readonly FileError[]): string {
  const of = (outcome: PlannedOrder['outcome']) => planned.filter((order) => order.outcome === outcome);
  const parts = [
    `${counted(of('new').length, 'new order')} with ${counted(licensesIn(of('new')), 'license')}`,
    `${count(of('already there').length)} already there`,
    `${counted(of('conflict').length, 'conflict')}`,
    `${count(of('refused').length)} refused`,
    `${counted(errors.length, 'unreadable line')}`,
  ];
  return `${parts.join(', ')}.`;
}

function complaints(errors: readonly FileError[], wrong: readonly PlannedOrder[]): string {
  const all = [
    ...errors,
    ...wrong.map(({ order, message, outcome }) => ({
      line: order.at[0]!,
      message: `order ${order.orderId} is ${outcome === 'conflict' ? 'in conflict' : 'refused'}: ${message}`,
    })),
  ].sort((left, right) => left.line - right.line);
  const shown = all.slice(0, errorsShownMax).map(({ line, message }) => `line ${line}: ${message}`);
  return [...shown, ...(all.length > shown.length ? [`… and ${count(all.length - shown.length)} more`] : [])].join('\n');
}

function licensesIn(planned: readonly PlannedOrder[]): number {
  return planned.flatMap(({ order }) => order.lines).reduce((sum, { quantity }) => sum + quantity, 0);
}
