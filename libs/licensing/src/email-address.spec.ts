import { describe, expect, it } from '@jest/globals';
import { isEmailAddress } from './email-address.js';

describe('An e-mail address', () => {
  it.each([
    'jane@example.com',
    'o.neil+bot@mail.example.co.uk',
    'taro..y.@docomo.example',
    '用户@例え.テスト',
    'i@xn--bcher-kva.example',
    'a@1.example',
  ])('may be %s', (text) => {
    expect(isEmailAddress(text)).toBe(true);
  });

  it.each([
    '',
    'jane',
    '@example.com',
    'jane@example',
    'jane@example..com',
    'jane@.example.com',
    'jane@-x.example',
    'jane@x-.example',
    'jane@10.0.0.1',
  ])('is not %j', (text) => {
    expect(isEmailAddress(text)).toBe(false);
  });

  it.each([
    'jane@example.com.',
    'a@b@example.com',
    'Jane <jane@example.com>',
    'jane@example.com, joe@example.com',
    ' jane@example.com',
    'jane@example.com\nBcc: x@example.com',
  ])('is one address and nothing else: not %j', (text) => {
    expect(isEmailAddress(text)).toBe(false);
  });

  it('has at most 254 characters', () => {
    expect(isEmailAddress(`${'x'.repeat(242)}@example.com`)).toBe(true);
    expect(isEmailAddress(`${'x'.repeat(243)}@example.com`)).toBe(false);
  });
});
