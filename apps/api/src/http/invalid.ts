import { Rejected } from '#licensing';

export interface Finding {
  readonly path: string;
  readonly message: string;
}

/** The refusal of input that does not follow the schema; every finding names its field. */
export function invalid(errors: readonly Finding[]): Rejected {
  const first = errors[0];
  const detail = first ? `${first.path || 'The request'}: ${first.message}` : 'The request does not follow the schema';
  return new Rejected('INVALID_REQUEST', detail, { errors: errors.slice(0, 100) });
}
