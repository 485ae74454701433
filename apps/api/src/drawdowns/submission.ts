import type { EventLog, Ledger, Receipt } from '#event-store';
import { isSeenBy, pool, submitDrawdown, type DrawdownSubmitted, type TypedCustomer } from '#licensing';
import { invalid } from '../http/invalid.js';
import { customerNamed, productsFor } from '../pool/pool.references.js';
import { knownBefore } from '../sub-command.js';
import { customerIdOf, findOrRegister } from './drawdown-customer.js';
import type { CustomerOfDrawdown, SubmitDrawdown } from './drawdown.commands.js';

/**
 * Submits a drawdown for a customer that is named by its id, found by what was written down, or registered. What the pool would refuse is asked first, so
 * that a refusal registers nobody (ADR 066). Errors: those of submitDrawdown.
 */
export async function submitFor(ledger: Ledger, log: EventLog, { customer: whom, ...command }: SubmitDrawdown): Promise<Receipt> {
  const { accountId, context } = command;
  const products = await productsFor(ledger, command.lines);
  const typed = writtenDown(whom);
  const submission = async (customerId: string, knownName?: string) => {
    const known = await customerNamed(ledger, customerId, (state) => typed !== undefined || isSeenBy(state, accountId));
    return { ...command, customerId, typed, knownAs: knownName, customer: known, products };
  };
  const record = async (customerId: string, knownName?: string) =>
    ledger.record(pool, accountId, await submission(customerId, knownName), submitDrawdown);
  if (typed === undefined) return record(whom.customerId!, await knownAs(ledger, log, accountId, whom.customerId!));
  const planned = await customerIdOf(ledger, typed);
  if (context.dryRun) return record(planned);
  const repeated = await knownBefore(ledger, pool, accountId, await submission(planned), submitDrawdown);
  return repeated ?? record(await findOrRegister(ledger, accountId, typed, context));
}

/** What the latest drawdown for a customer calls it; undefined when there was none. */
async function knownAs(ledger: Ledger, log: EventLog, accountId: string, customerId: string): Promise<string | undefined> {
  const drawdowns = [...(await ledger.load(pool, accountId)).state.drawdowns.values()];
  const latest = drawdowns.findLast((drawdown) => drawdown.customerId === customerId);
  if (latest === undefined) return undefined;
  return (await submissionAt(log, accountId, latest.revision)).person.accountName;
}

/** What was asked for, as it was recorded. */
export async function submissionAt(log: EventLog, accountId: string, revision: number): Promise<DrawdownSubmitted['data']> {
  for await (const { data } of log.readStream(`pool-${accountId}`, { fromRevision: revision, limit: 1 }))
    return data as DrawdownSubmitted['data'];
  throw new Error(`pool-${accountId} has no revision ${revision}`);
}

/** Undefined for a customer that is named by its id. Errors: INVALID_REQUEST when it is both. */
function writtenDown({ customerId, accountName, website, contactName, contactEmail }: CustomerOfDrawdown): TypedCustomer | undefined {
  if (customerId === undefined)
    return { accountName: accountName!, website: website!.trim(), contactName: contactName!, contactEmail: contactEmail! };
  const others = Object.entries({ accountName, website, contactName, contactEmail }).filter(([, value]) => value !== undefined);
  if (others.length === 0) return undefined;
  throw invalid(others.map(([name]) => ({ path: `customer.${name}`, message: 'must not stand beside customerId' })));
}
