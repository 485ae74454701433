/** An event as a writer offers it. */
export interface NewEvent {
  id: Buffer;
  type: Buffer;
  isJson: boolean;
  metadata: Uint8Array;
  data: Uint8Array;
}

export type AppendOutcome =
  /** `revision` is −1 when the stream has no events; `position` is missing when what was repeated is not shown any more. */
  { kind: 'written'; revision: number; position: number | undefined } | { kind: 'wrongRevision'; current: number } | { kind: 'deleted' };

export type Answer = (error: Error | undefined, outcome?: AppendOutcome) => void;
