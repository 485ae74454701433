import type { CloudEventOfFact } from '#platform';
import { Choice, Free, Id, Instant, LogPosition, Optional, Text, WholeNumber } from '../fields.js';

/** A fact as CloudEvents 1.0 JSON tells it. With `subject`, `revision`, `id`, `type`, `data` and `metadata` anybody can compute `hash` again. */
export class CloudEvent implements CloudEventOfFact {
  @Choice(['1.0'])
  readonly specversion: '1.0';

  @Id({ description: 'Of the fact' })
  readonly id: string;

  @Text({ example: '/license-ledger' })
  readonly source: string;

  @Text({ example: 'LicenseAssigned', description: 'The fact’s name' })
  readonly type: string;

  @Text({ example: 'pool-3f0d6b52-8c1e-4a77-9a53-5f6f0c1d2e01', description: 'The stream' })
  readonly subject: string;

  @Instant({ description: 'When it was recorded' })
  readonly time: string;

  @Choice(['application/json'])
  readonly datacontenttype: 'application/json';

  @Free({ description: 'What the fact says' })
  readonly data: object;

  @LogPosition({ example: '18342' })
  readonly position: string;

  @WholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 4, description: 'In its stream, from 0' })
  readonly revision: number;

  @Text({ example: '7b1f5c1e-4b0e-4c39-9d0a-0a8f1b0f6d11', description: 'The user who caused it' })
  readonly actor: string;

  @Text({ example: '0f6d1b0e-4b0e-4c39-9d0a-7b1f5c1e0a8f' })
  readonly correlationid: string;

  @Text({ example: 'a3f1c2d4e5b60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90', description: 'SHA-256, hex' })
  readonly hash: string;

  @Text({ example: '0000000000000000000000000000000000000000000000000000000000000000', description: 'The hash before it in the stream' })
  readonly prevhash: string;

  @Optional()
  @Text({
    max: 65_536,
    example: '{"commandId":"5f1c7a90-3b2e-5c41-a7d8-9e0f1a2b3c04"}',
    description:
      'Canonical JSON (RFC 8785) of all metadata but `hash` and `prevHash`, as text because CloudEvents attributes are simple values. ' +
      '`hash` = SHA-256 of `prevhash` + the canonical JSON of {stream: subject, revision, id, type, data, metadata}',
  })
  readonly metadata: string;
}
