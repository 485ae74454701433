import { randomInt, randomUUID } from 'node:crypto';
import { jsonEvent, type EventStoreDBClient } from '@eventstore/db-client';

interface Append {
  readonly stream: string;
  readonly ids: readonly string[];
  /** The revision of its last event, once it was acknowledged. */
  revision?: number;
  /** Whether the answer was that nothing was written. */
  isRefused?: boolean;
}

/**
 * What many callers did to a store, and what must be true of the log afterwards: every acknowledged event is there once, at its revision; revisions are
 * dense, positions grow; what was not acknowledged is wholly there or wholly absent; what was refused is absent.
 */
export class Load {
  private readonly appends = new Map<string, Append>();
  private readonly last = new Map<string, number>();
  private readonly seen = new Set<string>();
  private position = -1n;
  /** How appends were refused, in the server's words. */
  readonly refusals = new Set<string>();
  acknowledged = 0;
  events = 0;

  constructor(private readonly streams: number) {}

  /** Callers at once, each sending its next append when the one before is answered, until `isOver` or until the store does not answer any more. */
  async run(client: EventStoreDBClient, callers: number, isOver: () => boolean, dataBytes = 20): Promise<void> {
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (!isOver()) if (!(await this.append(client, dataBytes))) return;
      }),
    );
  }

  /** One append of one to four events; answers whether it was acknowledged. */
  async append(client: EventStoreDBClient, dataBytes: number): Promise<boolean> {
    const events = Array.from({ length: randomInt(1, 5) }, () =>
      jsonEvent({ id: randomUUID(), type: 'LicenseAssigned', data: { text: 'x'.repeat(dataBytes) } }),
    );
    const append: Append = { stream: `pool-${randomInt(this.streams)}`, ids: events.map(({ id }) => id) };
    for (const id of append.ids) this.appends.set(id, append);
    try {
      const { nextExpectedRevision } = await client.appendToStream(append.stream, events);
      append.revision = Number(nextExpectedRevision);
      this.acknowledged += 1;
      return true;
    } catch (error) {
      append.isRefused = String(error).includes('the append was not written');
      if (append.isRefused) this.refusals.add((error as Error).message);
      return false;
    }
  }

  /** Reads what is new in the log and answers what is wrong with it, in words; nothing when all is well. */
  async check(client: EventStoreDBClient): Promise<string[]> {
    const wrong: string[] = [];
    const from = this.position === -1n ? ('start' as const) : { commit: this.position, prepare: this.position };
    for await (const { event } of client.readAll({ fromPosition: from })) {
      if (event === undefined || event.streamId.startsWith('$') || event.position!.commit === this.position) continue;
      const { id, streamId, revision } = event;
      const append = this.appends.get(id);
      if (event.position!.commit < this.position) wrong.push(`${id} stands at ${event.position!.commit}, after ${this.position}`);
      this.position = event.position!.commit;
      const next = (this.last.get(streamId) ?? -1) + 1;
      if (Number(revision) !== next) wrong.push(`${streamId} goes on with revision ${revision} instead of ${next}`);
      this.last.set(streamId, next);
      if (this.seen.has(id)) wrong.push(`${id} is there twice`);
      this.seen.add(id);
      this.events += 1;
      if (append === undefined) wrong.push(`${id} was never sent`);
      else if (append.stream !== streamId) wrong.push(`${id} is in ${streamId} instead of ${append.stream}`);
      else if (append.isRefused) wrong.push(`${id} is there, though it was refused`);
      else if (append.revision !== undefined && Number(revision) !== append.revision - append.ids.length + 1 + append.ids.indexOf(id))
        wrong.push(`${id} is at revision ${revision}, but its append was acknowledged up to ${append.revision}`);
    }
    for (const append of new Set(this.appends.values())) {
      const there = append.ids.filter((id) => this.seen.has(id)).length;
      if (append.revision !== undefined && there < append.ids.length)
        wrong.push(`${append.ids.join()} acknowledged at ${append.stream}@${append.revision}, ${there} of them are there`);
      else if (there !== 0 && there !== append.ids.length) wrong.push(`${append.ids.join()} is there by half`);
    }
    // What is settled need not be looked at again: whatever of it comes later was never sent.
    this.appends.clear();
    return wrong;
  }

  /** Forgets what was checked, so that the next check reads the whole log; events of before are then known by nothing but their ids. */
  async checkAll(client: EventStoreDBClient): Promise<string[]> {
    const known = new Set(this.seen);
    const wrong: string[] = [];
    let found = 0;
    let position = -1n;
    const last = new Map<string, bigint>();
    for await (const { event } of client.readAll()) {
      if (event === undefined || event.streamId.startsWith('$')) continue;
      if (!known.delete(event.id)) wrong.push(`${event.id} is there, but was not before`);
      if (event.position!.commit <= position) wrong.push(`positions do not grow at ${position}`);
      if (event.revision !== (last.get(event.streamId) ?? -1n) + 1n) wrong.push(`${event.streamId} is not dense at ${event.revision}`);
      position = event.position!.commit;
      last.set(event.streamId, event.revision);
      found += 1;
    }
    if (found !== this.events || known.size > 0) wrong.push(`${known.size} events that were there have gone`);
    return wrong;
  }
}
