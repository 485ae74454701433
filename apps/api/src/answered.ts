import type { Receipt } from '#event-store';
import { written, type Written } from './http/answer.js';

/** The answer to a command that shows the thing as it stands afterwards; a dry run shows only what would be recorded. */
export async function answered(receipt: Receipt, fields: () => Promise<object>): Promise<Written> {
  return written(receipt, receipt.dryRun ? {} : await fields());
}
