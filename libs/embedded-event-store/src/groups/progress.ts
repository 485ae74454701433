interface Open {
  place: number;
  isDone: boolean;
}

/** How far a group has come without a gap: messages are done in any order, the checkpoint only passes what is done. */
export class Progress {
  // Messages from the first that is not done on, in order; `first` is the number of the first of them.
  private open: Open[] = [];
  private first = 0;
  private next = 0;
  private donePlace: number | undefined;
  /** How many messages lie between the last checkpoint and the furthest place one could be. */
  sinceCheckpoint = 0;

  /** A message that is handed out now; what it returns is its number. */
  begin(place: number): number {
    this.open.push({ place, isDone: false });
    return this.next++;
  }

  done(number: number): void {
    const entry = this.open[number - this.first];
    if (entry === undefined) return;
    entry.isDone = true;
    let passed = 0;
    while (this.open[passed]?.isDone === true) this.donePlace = this.open[passed++]!.place;
    if (passed === 0) return;
    this.open.splice(0, passed);
    this.first += passed;
    this.sinceCheckpoint += passed;
  }

  /** The place for a checkpoint; from now on counting begins anew. */
  take(): number | undefined {
    this.sinceCheckpoint = 0;
    return this.donePlace;
  }
}
