import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Code, Status } from './status.js';

/** Who may call. */
export interface Credentials {
  user: string;
  password: string;
}

/** Says whether a caller with these headers is who may call. */
export type Recognize = (headers: IncomingHttpHeaders) => boolean;

/** What clients ask before they know who they are: it says where the node is and what it can do, and nothing of what it holds. */
const OPEN_METHODS = new Set([
  '/event_store.client.gossip.gossip/read',
  '/event_store.client.server_features.serverfeatures/getsupportedmethods',
]);

/** By basic credentials, in a time that does not tell how much of them was right; anybody when there are none. */
export function recognizing(credentials: Credentials | undefined): Recognize {
  if (credentials === undefined) return () => true;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const right = digest(Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64'));
  return ({ authorization }) => {
    const given = /^basic +(.+)$/i.exec(authorization ?? '');
    return given !== null && timingSafeEqual(digest(given[1]!.trim()), right);
  };
}

/** Why a call is not admitted; undefined when it is. */
export function refusalFor(recognize: Recognize): (path: string, headers: IncomingHttpHeaders) => Status | undefined {
  return (path, headers) => {
    if (recognize(headers) || OPEN_METHODS.has(path.toLowerCase())) return undefined;
    const what = headers.authorization === undefined ? 'came without credentials' : 'came with credentials that are not right';
    return new Status(Code.unauthenticated, `The call ${what}. This event store wants a user and a password.`);
  };
}
