/** What a client may send where something else was expected. Each list is for one kind of field; none of its values is right there. */

const notTexts = [5, true, null, {}, []];
const notText = (max: number) => [...notTexts, '', '   ', 'x'.repeat(max + 1), 'a\u0000b', 'line\nline', 'half a \ud83d'];
const uuid = '9c2b7a64-0d35-4f18-8e21-6b7c8d9e0f02';

export const bad = {
  text: notText(200),
  shortText: notText(64),
  longText: [...notTexts, '', ' ', 'x'.repeat(501), 'a\u0000b'],
  email: [...notTexts, '', 'x', 'x@y', 'x@y..example', '@y.example', 'a b@c.example', 'a@b@c.example', `${'x'.repeat(250)}@c.example`],
  website: [
    ...notTexts,
    '',
    'x',
    'example.com',
    'ftp://example.com',
    'https://',
    'https://x',
    'https://127.0.0.1',
    'https://[::1]/',
    'https://a:b@example.com',
    'https://exa mple.com',
    'javascript:alert(1)',
    `https://example.com/${'x'.repeat(500)}`,
  ],
  id: [...notTexts, '', 'x', '../../etc', `${uuid}0`, uuid.slice(1), `{${uuid}}`, uuid.replace('9', 'g')],
  sku: [...notTexts, '', 'a b', 'ü', 'a/b', 'x'.repeat(65)],
  reference: notText(128),
  quantity: [true, null, {}, [], '5', '', 0, -1, 1.5, 1e21, 1e9 + 1, 'NaN', '1e3'],
  instant: [
    ...notTexts,
    '',
    'yesterday',
    '2026-04-01',
    '2026-04-01T00:00:00',
    '2026-02-30T00:00:00Z',
    '2026-04-01T25:00:00Z',
    1_775_000_000,
  ],
  duration: [5, true, {}, [], '', 'P', 'PT', '1Y', 'P0D', 'P-1Y', 'P1.5Y', 'P1y', 'P1000Y', 'a year'],
  currency: [...notTexts, '', 'eur', 'EURO', '€'],
  decimal: [...notTexts, 12.5, '', '12,50', '-1', '1e3', 'NaN', '.5', '1.', '1.1234567', '1'.repeat(16)],
  flag: ['true', 'yes', 0, 1, null, {}, []],
  language: [...notTexts, '', 'de', 'JA'],
  role: [...notTexts, '', 'root', 'system', 'OPERATOR'],
  password: [...notTexts, 'short', 'x'.repeat(257)],
  login: notText(254),
  object: [5, 'x', true, null, []],
  notText: notTexts,
  lines: [
    null,
    5,
    'x',
    {},
    [],
    [null],
    [5],
    [[]],
    [{}],
    [{ sku: 'REMO-EDGE-1Y' }],
    [{ quantity: 1 }],
    [{ sku: 'REMO-EDGE-1Y', quantity: 1, price: 5 }],
    Array(101).fill({ sku: 'REMO-EDGE-1Y', quantity: 1 }),
  ],
};

/** The same for the query of a read, where all is text. */
export const badQuery = {
  limit: ['', '0', '-1', '1.5', '501', '1e21', 'NaN', 'ten', '0x10', ' '],
  page: ['', '0', '-1', '1.5', '1e21', 'NaN', 'two'],
  cursor: ['', 'nonsense', '%00', 'W10', 'x'.repeat(2_000)],
  atLeast: ['', '-1', '1.5', 'NaN', '1e21', '99999999999999999999', 'latest'],
  instant: ['', 'yesterday', '2026-04-01', '2026-13-01T00:00:00Z', '0'],
  moment: ['', 'yesterday', '2026-04-01', '-1', '1.5', '99999999999999999999'],
  /** An empty one is a cleared field: no filter (000-23). */
  filter: ['x'.repeat(300), 'a%00b'],
  text: ['', ' ', 'x'.repeat(300), 'a%00b'],
  skus: ['', 'a b', ',', 'ü', 'a,a', 'x'.repeat(65)],
  id: ['', 'x', '../..', `${uuid}0`],
};
