import { LedgerCommand } from '../http/input.js';
import { Instant, ListOf, Text } from '../fields.js';
import { Line } from '../pool/pool.commands.js';

/** What a partner bought in the shop lands in its pool (000-05). The shop may say it as often as it likes. */
export class RecordStorePurchase extends LedgerCommand {
  @Text({ max: 128, example: 'EC-20260401-0007' })
  readonly storeAccountId: string;

  @Text({ max: 128, example: 'EC-ORDER-88120' })
  readonly orderId: string;

  @Instant({ example: '2026-04-01T02:15:00.000Z', description: 'When it was sold' })
  readonly purchasedAt: string;

  @ListOf(() => Line, { max: 100 })
  readonly lines: Line[];
}
