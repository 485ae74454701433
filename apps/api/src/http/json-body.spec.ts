import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonFault } from './json-body.js';

describe('a JSON body', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"b":{"c":[{"d":1},{"d":2,"e":3,"d":4}]}}', 'd'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"\\"":1,"\\u0022":2}', '"'],
    ['{"a\\\\":1, "b":2, "a\\\\" : 3}', 'a\\'],
    ['{"":1,"":2}', ''],
  ])('must not have a name twice: %s', (text, name) => {
    expect(jsonFault(text)).toBe(`an object must not have the name ${JSON.stringify(name)} twice`);
  });

  it.each(['{"a":"a","b":["a","a",{"a":"b"}]}', '{"a":{"a":{"a":"}{,\\""}},"b":"a"}', '"a"', '[]', '12', 'null', '[{"a":1},{"a":1}]'])(
    'may have it in different objects, and in values: %s',
    (text) => {
      expect(jsonFault(text)).toBeUndefined();
    },
  );

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__proto__', '__defineGetter__', '\\u0063onstructor'])(
    'must not have a name that every object has by itself, at any depth: %s',
    (name) => {
      expect(jsonFault(`[{"a":{"b":[1,{"${name}":1}]}}]`)).toContain(`must not have the name "${name.replace('\\u0063', 'c')}"`);
      expect(jsonFault(`{"a":"${name}"}`)).toBeUndefined();
    },
  );

  it('has at most 32 levels', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(jsonFault(nested(32))).toBeUndefined();
    expect(jsonFault(nested(33))).toContain('32');
    expect(jsonFault('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000))).toContain('32');
  });

  it('is never faulty when it was printed from a value', () => {
    const ownNamesOnly = (text: string) => !Object.getOwnPropertyNames(Object.prototype).some((name) => text.includes(`"${name}"`));
    fc.assert(fc.property(fc.json({ maxDepth: 6 }).filter(ownNamesOnly), (text) => jsonFault(text) === undefined));
  });

  it('is always faulty when a name is said again', () => {
    const named = fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(named, ([name, one, other]) => {
        const member = (value: unknown) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
        return jsonFault(`[1,{${member(one)},${member(other)}}]`) !== undefined;
      }),
    );
  });
});
