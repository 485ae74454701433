/** Accounts by the moment they are due at, an account once a moment; moments are taken in the order of time. */
export class DueQueue {
  private readonly moments = new Map<string, Set<string>>();

  /** `until`: what is due later is left for another time. */
  constructor(
    due: readonly { readonly at: string; readonly accountId: string }[],
    private readonly until: string,
  ) {
    for (const { accountId, at } of due) this.add(accountId, at);
  }

  add(accountId: string, at: string | undefined): void {
    if (at === undefined || at > this.until) return;
    this.moments.set(at, (this.moments.get(at) ?? new Set()).add(accountId));
  }

  /** The earliest moment with all that are due at it; undefined when nobody is due any more. */
  take(): { readonly at: string; readonly accounts: readonly string[] } | undefined {
    if (this.moments.size === 0) return undefined;
    const at = [...this.moments.keys()].reduce((earliest, other) => (other < earliest ? other : earliest));
    const accounts = [...this.moments.get(at)!];
    this.moments.delete(at);
    return { at, accounts };
  }
}
