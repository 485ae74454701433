interface Open {
  place: number;
  isDone: boolean;
}

const PASSED_KEPT = 1024;

/** How far a group has come without a gap: messages are done in any order, the checkpoint only passes what is done. */
export class Progress {
  // Messages in order, from the number `first` on. Those before `passed` are done, and are removed many at once.
  private open: Open[] = [];
  private first = 0;
  private passed = 0;
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
    for (let open = this.open[this.passed]; open?.isDone === true; open = this.open[this.passed]) {
      this.donePlace = open.place;
      this.passed += 1;
      this.sinceCheckpoint += 1;
    }
    if (this.passed < PASSED_KEPT && this.passed < this.open.length) return;
    this.open.splice(0, this.passed);
    this.first += this.passed;
    this.passed = 0;
  }

  /** The place for a checkpoint; from now on counting begins anew. */
  take(): number | undefined {
    this.sinceCheckpoint = 0;
    return this.donePlace;
  }
}
