import { v7 as uuidv7 } from 'uuid';
import { AppendUnknown, chainHash, firstPrevHash, RevisionConflict, type EventLog, type Position } from '#event-store';

/** How many of its events a checkpoint stream keeps: only the last one says anything. */
const eventsKept = 10;

/**
 * An automation's place in the log, kept in the event store itself (`checkpoint-<automation>`): losing the read store must not make it act again.
 * Its events are not facts of the business: no feed. Older ones are dropped, so their chain begins anywhere.
 */
export class Checkpoint {
  private constructor(
    private readonly log: EventLog,
    private readonly stream: string,
    private revision: number,
    private stored: Position | undefined,
    /** Of the last event, so that a changed place shows like a changed fact. */
    private hash = firstPrevHash,
  ) {}

  static async open(log: EventLog, automation: string): Promise<Checkpoint> {
    const checkpoint = new Checkpoint(log, `checkpoint-${automation}`, -1, undefined);
    await checkpoint.read();
    return checkpoint;
  }

  get position(): Position | undefined {
    return this.stored;
  }

  /**
   * Moves forwards, never back: when another process with the same automation was faster, its place counts.
   * Errors: LogUnavailable.
   */
  async store(position: Position): Promise<void> {
    while (this.stored === undefined || position > this.stored) {
      try {
        if (this.revision === -1) await this.limit();
        const event = { id: uuidv7(), type: 'CheckpointReached', data: { position: String(position) }, metadata: {} };
        const hash = chainHash({ ...event, stream: this.stream, revision: this.revision + 1 }, this.hash);
        const metadata = { prevHash: this.hash, hash };
        this.revision = (await this.log.append(this.stream, [{ ...event, metadata }], this.revision)).revision;
        [this.stored, this.hash] = [position, hash];
      } catch (error) {
        // Somebody wrote, perhaps we: what stands there now tells.
        if (!(error instanceof RevisionConflict || error instanceof AppendUnknown)) throw error;
        await this.read();
      }
    }
  }

  private async read(): Promise<void> {
    for await (const { revision, data, metadata } of this.log.readStream(this.stream, { direction: 'backwards', limit: 1 })) {
      this.revision = revision;
      this.hash = (metadata as { hash: string }).hash;
      this.stored = BigInt((data as { position: string }).position);
    }
  }

  /** The server drops what is older: a checkpoint stream does not grow. */
  private async limit(): Promise<void> {
    const metadata = { id: uuidv7(), type: '$metadata', data: { $maxCount: eventsKept }, metadata: {} };
    await this.log.append(`$$${this.stream}`, [metadata], -1).catch((error: unknown) => {
      if (!(error instanceof RevisionConflict || error instanceof AppendUnknown)) throw error;
    });
  }
}
