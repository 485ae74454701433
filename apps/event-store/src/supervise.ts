/** A started process. */
export interface Started {
  /** Told to the parent process beside `ready: true`, when there is one that listens. */
  ready: object;
  /** Answers what is in flight, then lets go of everything. */
  stop(): Promise<void>;
}

/**
 * Runs a process until a signal, the end of its parent, or a failure. It is the frame of `#platform` in small: this server is
 * also used alone, and what the platform brings along would double its memory and its start.
 */
export function supervise(name: string, start: (control: { fail: (reason: string) => void }) => Promise<Started>): void {
  let isStopping = false;
  const fail = (reason: string): void => {
    process.stderr.write(`${name}: ${reason}\n`);
    tell({ failed: reason }, () => process.exit(1));
  };
  process.on('uncaughtException', (error) => fail(error.stack ?? error.message));
  process.on('unhandledRejection', (error) => fail(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  // A file that may not grow any more is an error of the write, not the end of the process.
  process.on('SIGXFSZ', () => undefined);

  const starting = start({ fail });
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    starting
      .then((started) => started.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => fail(String(error)),
      );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // Spawned with a channel, it does not outlive its parent, however that ended.
  if (process.send !== undefined) process.once('disconnect', stop);

  starting.then(
    ({ ready }) => tell({ ready: true, ...ready }),
    (error: unknown) => fail(error instanceof Error ? error.message : String(error)),
  );
}

function tell(message: object, then: () => void = () => undefined): void {
  if (process.send === undefined || !process.connected) then();
  else process.send(message, undefined, undefined, () => then());
}
