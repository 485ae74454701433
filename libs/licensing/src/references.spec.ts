import { expect, it } from '@jest/globals';
import * as licensing from './index.js';

it('every aggregate is looked at by the commands of others, but pools and mails, which only their own commands look at', () => {
  const categories = Object.values(licensing).flatMap((exported) =>
    typeof exported === 'object' && 'category' in exported ? [exported.category] : [],
  );
  expect([...licensing.referencePrefixes, 'pool-', 'notification-'].sort()).toEqual(categories.map((category) => `${category}-`).sort());
});
