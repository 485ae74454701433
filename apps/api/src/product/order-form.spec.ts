import { describe, expect, it } from '@jest/globals';
import { orderFormFault } from './order-form.js';

const site = { type: 'object', properties: { site: { type: 'string', format: 'uri' } }, required: ['site'] };

describe('an order form', () => {
  it.each([
    ['a schema of 2020-12', { $schema: 'https://json-schema.org/draft/2020-12/schema', ...site }],
    ['a schema of draft-07', { $schema: 'http://json-schema.org/draft-07/schema#', ...site }],
    ['a schema that names no draft', site],
    ['the empty schema', {}],
  ])('may be %s', (_, schema) => {
    expect(orderFormFault(schema)).toBeUndefined();
  });

  it('may have the $id of another form', () => {
    expect(
      [
        { $id: 'form', ...site },
        { $id: 'form', type: 'object' },
      ].map(orderFormFault),
    ).toEqual([undefined, undefined]);
  });

  it('may speak of surrogates with a backslash', () => {
    expect(orderFormFault({ description: '\\ud800 and 📷' })).toBeUndefined();
  });

  it.each([
    ['text with half a character', { description: 'x\ud800' }, 'well-formed'],
    ['a list', [], 'an object'],
    ['a type that does not exist', { type: 'strnig' }, 'compiles'],
    ['a keyword that does not exist', { tpye: 'string' }, 'tpye'],
    ['a pattern that is no regular expression', { type: 'string', pattern: '(' }, 'compiles'],
    ['a reference to somewhere else', { $ref: 'https://example.com/form.json' }, 'example.com'],
    ['more than 32,768 characters', { description: 'x'.repeat(32_768) }, '32768'],
    ['nested a hundred thousand levels deep', nested(100_000), 'compiles'],
  ])('is not %s', (_, schema, said) => {
    expect(orderFormFault(schema)).toContain(said);
  });
});

function nested(levels: number): object {
  let schema: object = {};
  for (let level = 0; level < levels; level++) schema = { not: schema };
  return schema;
}
