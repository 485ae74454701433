import { expect, it } from '@jest/globals';
import * as licensing from './index.js';

it('every aggregate but the pool is looked at by the commands of others', () => {
  const categories = Object.values(licensing).flatMap((exported) =>
    typeof exported === 'object' && 'category' in exported ? [exported.category] : [],
  );
  expect([...licensing.referencePrefixes, 'pool-'].sort()).toEqual(categories.map((category) => `${category}-`).sort());
});
