import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a running ledger is found, by the command line for instance. The event store's address may hold a password. */
export interface Address {
  readonly pid: number;
  readonly apiUrl: string;
  readonly eventStoreUrl: string;
}

/** `ledger.json` in the data folder: there while the ledger runs, readable by its owner only. One that a killed ledger left is removed first. */
export class AddressFile {
  private readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, 'ledger.json');
    this.remove();
  }

  /** Nobody sees half of it. */
  write(address: Address): void {
    const draft = `${this.path}.draft`;
    rmSync(draft, { force: true });
    writeFileSync(draft, `${JSON.stringify(address)}\n`, { mode: 0o600 });
    renameSync(draft, this.path);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
