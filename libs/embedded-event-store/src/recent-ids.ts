interface Place {
  stream: string;
  revision: number;
}

/** Where recently written event ids are, within a bound: two generations, the older of which is dropped when the newer is full. */
export class RecentIds {
  private current = new Map<string, Place>();
  private previous = new Map<string, Place>();

  constructor(private readonly idsMax: number) {}

  /** The revision an id has in this stream. An id is remembered for the first stream it was written to. */
  revisionOf(stream: string, id: Buffer): number | undefined {
    const key = id.toString('latin1', 0, 16);
    const place = this.current.get(key) ?? this.previous.get(key);
    return place !== undefined && place.stream === stream ? place.revision : undefined;
  }

  remember(stream: string, id: Buffer, revision: number): void {
    const key = id.toString('latin1', 0, 16);
    if (this.current.has(key) || this.previous.has(key)) return;
    if (this.current.size >= this.idsMax / 2) {
      this.previous = this.current;
      this.current = new Map();
    }
    this.current.set(key, { stream, revision });
  }

  /** Undoes `remember` for an event that was not written after all. */
  forget(stream: string, id: Buffer, revision: number): void {
    const key = id.toString('latin1', 0, 16);
    for (const ids of [this.current, this.previous]) {
      const place = ids.get(key);
      if (place?.stream === stream && place.revision === revision) ids.delete(key);
    }
  }
}
