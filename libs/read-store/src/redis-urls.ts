/** One server named by REDIS_URL. */
export interface RedisNode {
  host: string;
  port: number;
  username?: string;
  password?: string;
  database: number;
  tls: boolean;
}

/** Errors: says which part of the setting cannot be read. Never repeats a password. */
export function parseRedisUrls(urls: string): [RedisNode, ...RedisNode[]] {
  let scheme = '';
  const nodes = urls
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part): RedisNode => {
      const text = part.includes('://') ? part : `${scheme || 'redis:'}//${part}`;
      if (!URL.canParse(text)) throw new Error('REDIS_URL holds something that is not a redis:// or rediss:// URL');
      const url = new URL(text);
      if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
        throw new Error(`REDIS_URL begins with ${url.protocol}// where redis:// or rediss:// is expected`);
      }
      scheme = url.protocol;
      return {
        host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
        port: url.port ? Number(url.port) : 6379,
        username: url.username ? decodeURIComponent(url.username) : undefined,
        password: url.password ? decodeURIComponent(url.password) : undefined,
        database: Number(url.pathname.replace('/', '') || '0'),
        tls: url.protocol === 'rediss:',
      };
    });
  const [first, ...others] = nodes;
  if (!first) throw new Error('REDIS_URL is empty');
  if (!Number.isInteger(first.database)) throw new Error('REDIS_URL: the path is the number of a database');
  if (others.length > 0 && first.database !== 0) throw new Error('REDIS_URL: a cluster has no database numbers');
  return [first, ...others];
}
