import { parseDuration } from '#licensing';

/** What fields of a request may hold. Each finding is undefined when all is well, else the rest of a sentence about the field. */

export const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const skuPattern = /^[A-Za-z0-9._-]{1,64}$/;

/** Control characters have no place in a name; a lone surrogate has no UTF-8 form and could not be hashed (RFC 8785). */
export function textFinding(value: unknown, min: number, max: number, form: 'line' | 'lines' = 'line'): string | undefined {
  if (typeof value !== 'string') return `must be a text of ${min} to ${max} characters`;
  if (value.length < min || value.length > max) return `must have ${min} to ${max} characters; it has ${value.length}`;
  if (min > 0 && /^[\s\p{Default_Ignorable_Code_Point}]*$/u.test(value)) return 'must not be blank';
  // eslint-disable-next-line no-control-regex
  if ((form === 'line' ? /[\u0000-\u001f\u007f]/ : /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/).test(value))
    return 'must not contain control characters';
  if (/\p{Surrogate}/u.test(value)) return 'must be well-formed Unicode';
  return undefined;
}

/** A position in the log; undefined when the text is none that a log can have: they are below 2^63. */
export function toPosition(text: unknown): bigint | undefined {
  if (typeof text !== 'string' || !/^\d{1,19}$/.test(text)) return undefined;
  const position = BigInt(text);
  return position < 2n ** 63n ? position : undefined;
}

const instantPattern = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** The same moment in UTC with milliseconds; undefined when it is not an RFC 3339 date and time, or a date that no calendar has. */
export function toInstant(value: unknown): string | undefined {
  const parts = typeof value === 'string' ? instantPattern.exec(value) : null;
  if (!parts) return undefined;
  const local = new Date(`${parts[1]}T${parts[2]}Z`);
  if (Number.isNaN(local.getTime()) || local.toISOString().slice(0, 19) !== `${parts[1]}T${parts[2]}`) return undefined;
  const exact = new Date((value as string).toUpperCase());
  return Number.isNaN(exact.getTime()) ? undefined : exact.toISOString();
}

export function instantFinding(value: unknown): string | undefined {
  return toInstant(value) === undefined ? 'must be a date and time as in RFC 3339, such as 2026-04-01T00:00:00Z' : undefined;
}

/** A public address of the web; `hostOf` says whose. */
export function websiteFinding(value: unknown): string | undefined {
  if (textFinding(value, 1, 500) === undefined && hostOf(value as string) !== undefined) return undefined;
  return 'must be the address of a website of at most 500 characters, such as https://www.example.com';
}

/** The host that a web address names, without `www.`; undefined when it is no address of a public website. */
export function hostOf(website: string): string | undefined {
  const address = website.trim();
  const url = /^https?:\/\/[^\s\\/][^\s\\]*$/i.test(address) && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') return undefined;
  const host = url.hostname.replace(/\.$/, '').replace(/^www\.(?=.*\.)/, '');
  return /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/.test(host) ? host : undefined;
}

/** The domain reads durations; what it cannot read is none. */
export function durationFinding(value: unknown): string | undefined {
  const isDuration = typeof value === 'string' && value.length <= 40 && parseDuration(value) !== undefined;
  return isDuration ? undefined : 'must be an ISO 8601 duration of whole numbers, at most 100 years, such as P1Y, P7D or PT48H';
}
