/**
 * Where recently written events are in the log, by their ids: the latest, within a bound, in two generations of which the older
 * is dropped when the newer is full. Of an id only the last six bytes are kept, so what is found has to be compared.
 */
export class RecentIds {
  private current = new Map<number, number>();
  private previous = new Map<number, number>();

  constructor(private readonly idsMax: number) {}

  /** The position of the event that first had an id, or of another one whose id ends alike. */
  positionOf(id: Buffer): number | undefined {
    const key = id.readUIntLE(10, 6);
    return this.current.get(key) ?? this.previous.get(key);
  }

  remember(id: Buffer, position: number): void {
    const key = id.readUIntLE(10, 6);
    if (this.current.has(key) || this.previous.has(key)) return;
    if (this.current.size >= this.idsMax / 2) {
      this.previous = this.current;
      this.current = new Map();
    }
    this.current.set(key, position);
  }

  /** Undoes `remember` for an event that was not written after all. */
  forget(id: Buffer, position: number): void {
    const key = id.readUIntLE(10, 6);
    for (const ids of [this.current, this.previous]) if (ids.get(key) === position) ids.delete(key);
  }
}
