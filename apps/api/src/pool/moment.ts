import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { toInstant, toPosition } from '../field-rules.js';

/** Where in history: everything recorded up to a position (included), or before or at a moment. */
export type Moment = { readonly position: bigint } | { readonly at: string };

/** Reads an RFC 3339 time or a log position; undefined when the text is neither. */
export function readMoment(text: unknown): Moment | undefined {
  if (typeof text !== 'string') return undefined;
  const position = toPosition(text);
  if (position !== undefined) return { position };
  const at = toInstant(text);
  return at === undefined ? undefined : { at };
}

export const MomentOrPosition = (documented: { readonly description?: string; readonly example?: string }) =>
  applyDecorators(
    ValidateBy({
      name: 'field',
      validator: {
        validate: (value: unknown) => readMoment(value) !== undefined,
        defaultMessage: () => 'must be a date and time as in RFC 3339, or a log position',
      },
    }),
    ApiProperty({ type: 'string', example: '2026-04-01T00:00:00.000Z', ...documented }),
  );
