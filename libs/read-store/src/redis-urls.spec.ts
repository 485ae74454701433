import { describe, expect, it } from '@jest/globals';
import { progressKeys } from './redis-keys.js';
import { parseRedisUrls } from './redis-urls.js';

describe('REDIS_URL', () => {
  it('names a server, with its user, password, database and TLS', () => {
    expect(parseRedisUrls('rediss://me:p%40ss@cache.example:6380/2')).toEqual([
      { host: 'cache.example', port: 6380, username: 'me', password: 'p@ss', database: 2, tls: true },
    ]);
    expect(parseRedisUrls('redis://[::1]')).toMatchObject([{ host: '::1', port: 6379, database: 0, tls: false }]);
  });

  it('names the nodes of a cluster, with or without repeating the scheme', () => {
    const hosts = (urls: string) => parseRedisUrls(urls).map(({ host, port, tls }) => [host, port, tls]);
    expect(hosts('redis://a:1,redis://b:2')).toEqual([
      ['a', 1, false],
      ['b', 2, false],
    ]);
    expect(hosts('rediss://a, b:7000')).toEqual([
      ['a', 6379, true],
      ['b', 7000, true],
    ]);
  });

  it('that cannot be used is refused with what is expected, never repeating a password', () => {
    for (const url of ['', 'http://a', 'redis://a/x', 'redis://a/1,redis://b', 'redis://:secret@a:port']) {
      expect(() => parseRedisUrls(url)).toThrow(/REDIS_URL/);
      expect(() => parseRedisUrls(url)).not.toThrow(/secret/);
    }
  });
});

describe('the progress of a version on a cluster', () => {
  it('is kept sixteen times, so that every node with a sixteenth of the slots holds a part of it', () => {
    const keys = progressKeys('history-search', 1, true);
    expect(new Set(keys).size).toBe(16);
    expect(keys.every((key) => /^\{history-search\.v1#\d+\}:progress$/.test(key))).toBe(true);
    expect(progressKeys('history-search', 1, false)).toEqual(['{history-search.v1}:progress']);
  });
});
