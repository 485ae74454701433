import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ValidateBy, ValidateIf, ValidateNested } from 'class-validator';
import { isEmailAddress } from '#licensing';
import {
  durationFinding,
  idPattern,
  instantFinding,
  skuPattern,
  textFinding,
  toInstant,
  toPosition,
  websiteFinding,
} from './field-rules.js';

/**
 * The words that describe a field: each one checks what a client sends and documents it in OpenAPI, from the same numbers.
 * A command or query is a class with these above its fields; `@Optional()` goes first.
 */

/** May be left out; null is refused. */
export const Optional = () =>
  applyDecorators(
    ValidateIf((_, value) => value !== undefined),
    ApiProperty({ required: false }),
  );

/** May be left out, or null to take the value away. */
export const Nullable = () =>
  applyDecorators(
    ValidateIf((_, value) => value !== undefined && value !== null),
    ApiProperty({ required: false, nullable: true }),
  );

/** Must be there and may be null. */
export const OrNull = () =>
  applyDecorators(
    ValidateIf((_, value) => value !== null),
    ApiProperty({ nullable: true }),
  );

/** A line of text for people; lengths in UTF-16 units. */
export function Text({ min = 1, max = 200, ...documented }: { min?: number; max?: number } & Documented = {}) {
  return field({ type: 'string', minLength: min, maxLength: max, ...documented }, (value) => textFinding(value, min, max));
}

/** A line of text, or a list of several, which a rule then refuses in its own words. */
export const TextOfOne = ({ max = 200, ...documented }: { max?: number } & Documented = {}) =>
  field({ type: 'string', minLength: 1, maxLength: max, ...documented }, (value) => {
    if (!Array.isArray(value) || value.length < 2) return textFinding(value, 1, max);
    return listFinding(value, 2, 100) ?? value.map((one) => textFinding(one, 1, max)).find((finding) => finding !== undefined);
  });

/** Text of several lines. */
export function LongText({ min = 1, max = 2000, ...documented }: { min?: number; max?: number } & Documented = {}) {
  return field({ type: 'string', minLength: min, maxLength: max, ...documented }, (value) => textFinding(value, min, max, 'lines'));
}

/** A UUID. */
export const Id = (documented: Documented = {}) =>
  applyDecorators(
    // Ids are parts of streams' names: one id has one spelling.
    Transform(({ value }) => (typeof value === 'string' ? value.toLowerCase() : value)),
    field({ type: 'string', format: 'uuid', example: '7b1f5c1e-4b0e-4c39-9d0a-0a8f1b0f6d11', ...documented }, (value) =>
      matches(value, idPattern) ? undefined : 'must be a UUID',
    ),
  );

/** A product's number: it is part of a stream's name, hence ASCII. */
export const Sku = (documented: Documented = {}) =>
  field({ type: 'string', pattern: skuPattern.source, example: 'REMO-1Y', ...documented }, (value) =>
    matches(value, skuPattern) ? undefined : 'must be 1 to 64 of A-Z, a-z, 0-9, dot, hyphen and underscore',
  );

/** An order's or an outside system's own id: printable, without spaces. */
export const Reference = ({ max = 128, ...documented }: { max?: number } & Documented = {}) =>
  field({ type: 'string', minLength: 1, maxLength: max, pattern: '^\\S+$', ...documented }, (value) =>
    typeof value === 'string' && /^\S+$/u.test(value)
      ? textFinding(value, 1, max)
      : `must be a text of 1 to ${max} characters without spaces`,
  );

export const Email = (documented: Documented = {}) =>
  field({ type: 'string', format: 'idn-email', maxLength: 254, example: 'jane@example.com', ...documented }, (value) =>
    textFinding(value, 3, 254) === undefined && isEmailAddress(value as string)
      ? undefined
      : 'must be an e-mail address of at most 254 characters',
  );

export const Website = (documented: Documented = {}) =>
  field({ type: 'string', format: 'iri', maxLength: 500, example: 'https://www.example.com', ...documented }, websiteFinding);

/** An address on the web that may be shown as a link: nothing that runs. */
export const Link = (documented: Documented = {}) =>
  field({ type: 'string', format: 'iri', maxLength: 2000, ...documented }, (value) =>
    textFinding(value, 1, 2000) === undefined && URL.canParse(value as string) && /^https?:\/\/\S+$/.test(value as string)
      ? undefined
      : 'must be an address that begins with https:// or http://, of at most 2000 characters',
  );

/** Never shown again, not even as a plain hash: see `secretFieldsOf`. Lengths in UTF-16 units. */
export const Password = ({ min, max = 256, ...documented }: { min: number; max?: number } & Documented) =>
  applyDecorators(
    (target: object, key: string | symbol) => Reflect.defineMetadata(secretFields, [...secretFieldsOf(target), key], target),
    field({ type: 'string', format: 'password', minLength: min, maxLength: max, ...documented }, (value) =>
      typeof value === 'string' && value.length >= min && value.length <= max ? undefined : `must be a text of ${min} to ${max} characters`,
    ),
  );

const secretFields = Symbol('secret fields');

/** Which fields of a command are secrets. The hash of a command's input is stored with its facts, and a hash of a password could be guessed at. */
export function secretFieldsOf(prototype: object): readonly string[] {
  return (Reflect.getMetadata(secretFields, prototype) as readonly string[] | undefined) ?? [];
}

/** How many licenses: a whole number from 1. */
export const Quantity = ({ max = 1_000_000_000, ...documented }: { max?: number } & Documented = {}) =>
  WholeNumber({ min: 1, max, example: 5, ...documented });

export const WholeNumber = ({ min, max, ...documented }: { min: number; max: number } & Documented) =>
  field({ type: 'integer', minimum: min, maximum: max, ...documented }, (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`,
  );

/** RFC 3339; any offset is taken and stored as UTC with milliseconds. */
export const Instant = (documented: Documented = {}) =>
  applyDecorators(
    Transform(({ value }) => toInstant(value) ?? value),
    field({ type: 'string', format: 'date-time', example: '2026-04-01T00:00:00.000Z', ...documented }, instantFinding),
  );

/** ISO 8601, longer than nothing. */
export const Duration = (documented: Documented = {}) =>
  field({ type: 'string', format: 'duration', example: 'P1Y', ...documented }, durationFinding);

/** A decimal number as text, so that no digit is lost. */
export const Decimal = (documented: Documented = {}) =>
  field({ type: 'string', pattern: '^\\d{1,15}(\\.\\d{1,6})?$', example: '12.50', ...documented }, (value) =>
    matches(value, /^\d{1,15}(\.\d{1,6})?$/) ? undefined : "must be a decimal number as text, such as '12.50'",
  );

export const Currency = (documented: Documented = {}) =>
  field({ type: 'string', pattern: '^[A-Z]{3}$', example: 'EUR', ...documented }, (value) =>
    matches(value, /^[A-Z]{3}$/) ? undefined : 'must be three letters, such as EUR',
  );

export const Choice = (choices: readonly string[], documented: Documented = {}) =>
  field({ type: 'string', enum: [...choices], example: choices[0], ...documented }, (value) =>
    choices.includes(value as string) ? undefined : `must be one of ${choices.join(', ')}`,
  );

/** `only`: the other value is refused. */
export const Flag = ({ only, ...documented }: { only?: boolean } & Documented = {}) =>
  field(
    { type: 'boolean', example: only ?? true, ...(only !== undefined && { enum: [only] }), ...documented } as ApiPropertyOptions,
    (value) => {
      if (only !== undefined) return value === only ? undefined : `must be ${only}`;
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    },
  );

/** A JSON object whose fields are somebody else's business. */
export const Free = (documented: Documented = {}) =>
  field({ type: 'object', additionalProperties: true, ...documented } as ApiPropertyOptions, (value) =>
    isObject(value) ? undefined : 'must be an object',
  );

/** An object of another class of fields. */
export const Part = (type: () => new () => object, documented: Documented = {}) =>
  applyDecorators(
    ValidateNested(),
    Type(type),
    field({ type: lazily(type), ...documented } as ApiPropertyOptions, (value) => (isObject(value) ? undefined : 'must be an object')),
  );

/** A list of objects of another class of fields. */
export const ListOf = (type: () => new () => object, { min = 1, max, ...documented }: { min?: number; max: number } & Documented) =>
  applyDecorators(
    ValidateNested({ each: true }),
    Type(type),
    field(
      { type: lazily(type), isArray: true, minItems: min, maxItems: max, ...documented } as ApiPropertyOptions,
      (value) => listFinding(value, min, max) ?? ((value as unknown[]).every(isObject) ? undefined : 'must be a list of objects'),
    ),
  );

/** A list of texts that all match a pattern, each at most once. */
export const ListOfTexts = ({ pattern, min = 0, max, ...documented }: { pattern: RegExp; min?: number; max: number } & Documented) =>
  field(
    {
      type: 'array',
      items: { type: 'string', pattern: pattern.source },
      minItems: min,
      maxItems: max,
      ...documented,
    } as ApiPropertyOptions,
    (value) =>
      listFinding(value, min, max) ??
      ((value as unknown[]).every((item) => matches(item, pattern)) ? undefined : `must be texts of the form ${pattern.source}`) ??
      (new Set(value as unknown[]).size === (value as unknown[]).length ? undefined : 'must name each text once'),
  );

export const ListOfSkus = (bounds: { min?: number; max: number } & Documented) =>
  ListOfTexts({ pattern: skuPattern, example: ['REMO-1Y'], ...bounds });

// Fields of a query string: they arrive as text.

/** How many rows; 50 unless told. */
export const Limit = ({ fallback = 50, max = 500 }: { fallback?: number; max?: number } = {}) =>
  applyDecorators(
    Default(fallback),
    Transform(({ value }) => asNumber(value)),
    WholeNumber({ min: 1, max, default: fallback, required: false, description: 'How many rows at most' } as never),
  );

/** Counts from 1. */
export const Page = () =>
  applyDecorators(
    Default(1),
    Transform(({ value }) => asNumber(value)),
    WholeNumber({ min: 1, max: 100_000, default: 1, required: false, description: 'Which page, from 1' } as never),
  );

const defaults = Symbol('defaults');

/** What a field is when nobody says anything. */
const Default =
  (value: unknown): PropertyDecorator =>
  (target, key) =>
    Reflect.defineMetadata(defaults, { ...defaultsOf(target), [key]: value }, target);

export function defaultsOf(prototype: object): Readonly<Record<string, unknown>> | undefined {
  return Reflect.getMetadata(defaults, prototype) as Readonly<Record<string, unknown>> | undefined;
}

function asNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value;
}

/** What `next` of the page before said. */
export const Cursor = ({ pattern = /^[\x21-\x7e]{1,1024}$/ }: { pattern?: RegExp } = {}) =>
  applyDecorators(
    Optional(),
    field({ type: 'string', maxLength: 1024, description: '`next` of the page before' }, (value) =>
      matches(value, pattern) ? undefined : 'must be `next` of the page before',
    ),
  );

/** In the answer of a list: the `cursor` of the page that follows. */
export const NextCursor = () =>
  applyDecorators(OrNull(), Text({ max: 1024, description: 'The `cursor` of the next page; null on the last one' }));

/** A position in the log as a decimal text. */
export const LogPosition = (documented: Documented = {}) =>
  field({ type: 'string', pattern: '^\\d{1,19}$', ...documented }, (value) =>
    toPosition(value) === undefined ? 'must be a log position: a whole number as text' : undefined,
  );

/** Several values, separated by commas. */
export const CommaSeparated = ({ pattern, max, ...documented }: { pattern: RegExp; max: number } & Documented) =>
  applyDecorators(
    Transform(({ value }) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value)),
    ListOfTexts({ pattern, min: 1, max, description: 'Several are separated by commas', ...documented }),
  );

type Documented = { readonly description?: string; readonly example?: unknown };

/** `find` says what is wrong with a value, or nothing. */
function field(documented: ApiPropertyOptions, find: (value: unknown) => string | undefined): PropertyDecorator {
  return applyDecorators(
    ValidateBy({
      name: 'field',
      validator: {
        validate: (value: unknown) => find(value) === undefined,
        defaultMessage: (shown) => (shown?.value === undefined ? `is missing: it ${find(shown?.value)}` : `${find(shown?.value)}`),
      },
    }),
    ApiProperty(documented),
  );
}

/** Swagger asks for the type when all classes are there; it knows such a function by its name. */
function lazily(of: () => new () => object): () => new () => object {
  return { type: () => of() }.type;
}

function listFinding(value: unknown, min: number, max: number): string | undefined {
  if (!Array.isArray(value)) return 'must be a list';
  if (value.length < min || value.length > max) return `must have ${min} to ${max} entries; it has ${value.length}`;
  return undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}
