import { idOf, type Message } from './message.js';

/** How a consumer is reached. */
export interface Delivery {
  connectionName: string;
  from: string;
  deliver(message: Message): void;
  /** The group is gone or changed: the consumer has to connect again. */
  drop(): void;
}

interface InFlight {
  message: Message;
  sentAtMs: number;
}

const LATENCIES_KEPT = 500;

/** One consumer of a group, with what it has been given and not acknowledged. */
export class Consumer {
  totalItems = 0;
  readonly connectedAtMs = Date.now();
  /** Times between delivery and acknowledgement, the latest ones. */
  readonly latenciesMs: number[] = [];
  // By id; an id can be in flight more than once, because a stream can hold it more than once.
  private readonly inFlight = new Map<string, InFlight[]>();
  private inFlightCount = 0;

  constructor(
    readonly delivery: Delivery,
    private readonly slots: number,
  ) {}

  get freeSlots(): number {
    return this.slots - this.inFlightCount;
  }

  get inFlightMessages(): number {
    return this.inFlightCount;
  }

  give(message: Message): void {
    const id = idOf(message);
    const entry = { message, sentAtMs: Date.now() };
    const present = this.inFlight.get(id);
    if (present === undefined) this.inFlight.set(id, [entry]);
    else present.push(entry);
    this.inFlightCount += 1;
    this.totalItems += 1;
    this.delivery.deliver(message);
  }

  /** Takes a message back that is in flight under an id; undefined when there is none. */
  takeBack(id: string): Message | undefined {
    const entries = this.inFlight.get(id);
    const entry = entries?.shift();
    if (entries === undefined || entry === undefined) return undefined;
    if (entries.length === 0) this.inFlight.delete(id);
    this.inFlightCount -= 1;
    this.latenciesMs.push(Date.now() - entry.sentAtMs);
    if (this.latenciesMs.length > LATENCIES_KEPT) this.latenciesMs.shift();
    return entry.message;
  }

  /** Takes back what was given before a time; everything when there is none. In the order it was given. */
  takeBackAll(beforeMs = Infinity): Message[] {
    const taken: Message[] = [];
    for (const [id, entries] of this.inFlight) {
      const kept = entries.filter((entry) => entry.sentAtMs > beforeMs);
      taken.push(...entries.filter((entry) => entry.sentAtMs <= beforeMs).map(({ message }) => message));
      if (kept.length === 0) this.inFlight.delete(id);
      else this.inFlight.set(id, kept);
    }
    this.inFlightCount -= taken.length;
    return taken;
  }
}
