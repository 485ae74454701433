import { v7 as uuidv7 } from 'uuid';
import { AppendUnknown, RevisionConflict, type EventLog, type Position } from '#event-store';

/** How many of its events a checkpoint stream keeps: only the last one says anything. */
const eventsKept = 10;

/**
 * An automation's place in the log, kept in the event store itself (`checkpoint-<automation>`): losing the read store must not make it act again.
 * Its events are not facts of the business: no chain, no feed.
 */
export class Checkpoint {
  private constructor(
    private readonly log: EventLog,
    private readonly stream: string,
    private revision: number,
    private stored: Position | undefined,
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
        this.revision = (await this.log.append(this.stream, [event], this.revision)).revision;
        this.stored = position;
      } catch (error) {
        // Somebody wrote, perhaps we: what stands there now tells.
        if (!(error instanceof RevisionConflict || error instanceof AppendUnknown)) throw error;
        await this.read();
      }
    }
  }

  private async read(): Promise<void> {
    for await (const { revision, data } of this.log.readStream(this.stream, { direction: 'backwards', limit: 1 })) {
      this.revision = revision;
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
