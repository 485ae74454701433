import { serviceStates } from '#projections';
import { Choice, Id, Instant, ListOf, LongText, NextCursor, Optional, Quantity, Sku, Text, WholeNumber } from '../fields.js';
import { ReceiptAnswer } from '../receipt.answers.js';
import { story } from '../story.js';

const JwsText = () =>
  Text({
    max: 8_192,
    example: 'eyJhbGciOiJFZERTQSIsImtpZCI6Ii4uLiJ9.eyJpc3MiOiJsaWNlbnNlLWxlZGdlciJ9.c2lnbmF0dXJl',
    description: 'The file: a JWS in compact form (EdDSA), to be saved as it is. `GET /v1/keys` has the keys it is checked with',
  });

export class LicenseFileIssuedAnswer extends ReceiptAnswer {
  @Id({ example: story.fileId })
  readonly fileId: string;

  @JwsText()
  readonly file: string;
}

/** A license file, given again. */
export class LicenseFileAnswer {
  @Id({ example: story.fileId })
  readonly fileId: string;

  @Sku({ example: 'BOT-RUNNER' })
  readonly sku: string;

  @Text({ example: 'Bot Runner' })
  readonly name: string;

  @Quantity({ example: 2 })
  readonly quantity: number;

  @Optional()
  @Text({ example: 'rpa-07.sakura.example', description: 'Absent: any' })
  readonly machine?: string;

  @Instant()
  readonly issuedAt: string;

  @Optional()
  @Instant({
    example: '2027-04-01T00:00:00.000Z',
    description: 'Later than when it was issued if its licenses were renewed; absent: no end',
  })
  readonly expiresAt?: string;

  @JwsText()
  readonly file: string;
}

export class LicenseFileListAnswer {
  @ListOf(() => LicenseFileAnswer, { min: 0, max: 500, description: 'Newest first' })
  readonly items: readonly LicenseFileAnswer[];

  @NextCursor()
  readonly next: string | null;
}

/** What checks a license file: the public half of a key. */
export class KeyAnswer {
  @Text({ example: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', description: 'Which key: as in the head of a license file' })
  readonly kid: string;

  @Choice(['OKP'])
  readonly kty: string;

  @Choice(['Ed25519'])
  readonly crv: string;

  @Text({ example: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })
  readonly x: string;

  @Choice(['EdDSA'])
  readonly alg: string;

  @Choice(['sig'])
  readonly use: string;
}

/** A JWKS. Save it: license files are checked with it where nobody can be asked. */
export class KeysAnswer {
  @ListOf(() => KeyAnswer, { min: 0, max: 100, description: 'The first signs; the others signed before it' })
  readonly keys: readonly KeyAnswer[];
}

/** A cloud service. */
export class ServiceAnswer {
  @Id({ example: story.serviceId, description: 'Its GUID' })
  readonly serviceId: string;

  @Sku({ example: 'CONTROL-ROOM' })
  readonly sku: string;

  @Text({ example: 'Control Room' })
  readonly name: string;

  @WholeNumber({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    example: 1,
    description: 'Licenses in use, or to be used; 0 while all are held back',
  })
  readonly quantity: number;

  @Choice(serviceStates)
  readonly state: string;

  @Text({ max: 128, example: 'PO-2026-0412', description: 'The order it came with' })
  readonly orderId: string;

  @Optional()
  @Instant({ example: '2027-04-01T00:00:00.000Z', description: 'Absent: no end, or its term has not begun' })
  readonly expiresAt?: string;

  @Optional()
  @LongText({ max: 500, example: 'https://control-room.sakura.example', description: 'What whoever provisioned it said' })
  readonly details?: string;

  @Instant()
  readonly changedAt: string;
}

export class ServiceListAnswer {
  @ListOf(() => ServiceAnswer, { min: 0, max: 500 })
  readonly items: readonly ServiceAnswer[];

  @NextCursor()
  readonly next: string | null;
}

export class ServiceChangedAnswer extends ReceiptAnswer {
  @Id({ example: story.serviceId })
  readonly serviceId: string;

  @Choice(serviceStates)
  readonly state: string;
}
