import { LogPosition, Text, WholeNumber } from './fields.js';

/** Where a command was recorded; part of the answer to every write. */
export class ReceiptAnswer {
  @Text({ example: 'pool-3f0d6b52-8c1e-4a77-9a53-5f6f0c1d2e01', description: 'The stream of facts' })
  readonly stream: string;

  @WholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 4, description: "The stream's revision after the command" })
  readonly revision: number;

  @LogPosition({ example: '18342', description: 'In the whole log; reads take it as `atLeast`' })
  readonly position: string;
}
