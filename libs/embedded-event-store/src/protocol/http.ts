import type { RequestListener } from 'node:http';
import type { Recognize } from './doorkeeper.js';
import type { Statistics } from './monitoring.js';
import { INSTANCE_ID, SERVER_VERSION } from './service.js';

/** What the HTTP/1.1 answers are made of. */
export interface NodeFacts {
  address: { host: string; port: number };
  hasProjections: boolean;
  hasCredentials: boolean;
  /** Undefined while the store is starting. */
  statistics: (() => Statistics) | undefined;
}

/** What is only for those who may call. */
const FOR_CALLERS = new Set(['/gossip', '/stats']);

/** What the port answers over plain HTTP/1.1: whether the store is alive, and what it is. Nothing of what it holds. */
export function httpListener(facts: NodeFacts, recognize: Recognize): RequestListener {
  const answers: Record<string, () => object | undefined> = {
    '/ping': () => ({ text: 'Ping request successfully handled' }),
    '/info': () => info(facts),
    '/gossip': () => gossipOf(facts),
    '/stats': () => facts.statistics?.(),
  };
  return (request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const body = isRead ? answers[path]?.() : undefined;
    if (body !== undefined && FOR_CALLERS.has(path) && !recognize(request.headers)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="event store"' }).end();
    } else if (body !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    } else if (isRead && path === '/health/live') response.writeHead(204).end();
    // Where a real node has its web interface.
    else if (isRead && path === '/') response.writeHead(302, { location: '/web/index.html' }).end();
    else response.writeHead(404).end();
  };
}

function info({ hasProjections, hasCredentials }: NodeFacts): object {
  return {
    esVersion: SERVER_VERSION,
    state: 'leader',
    // A real node says atomPub whether it is used or not.
    features: { projections: hasProjections, userManagement: false, atomPub: true },
    authentication: { type: hasCredentials ? 'internal' : 'insecure', properties: null },
  };
}

// The one member, in the form of a real node; what belongs to its other protocols is zero.
function gossipOf({ address, statistics }: NodeFacts): object {
  const written = Number(statistics?.()['es-writer-checkpoint'] ?? 0);
  return {
    members: [
      {
        instanceId: INSTANCE_ID,
        timeStamp: new Date().toISOString(),
        state: 'Leader',
        isAlive: true,
        internalTcpIp: address.host,
        internalTcpPort: 0,
        internalSecureTcpPort: 0,
        externalTcpIp: address.host,
        externalTcpPort: 0,
        externalSecureTcpPort: 0,
        httpEndPointIp: address.host,
        httpEndPointPort: address.port,
        lastCommitPosition: written,
        writerCheckpoint: written,
        chaserCheckpoint: written,
        epochPosition: 0,
        epochNumber: 0,
        epochId: INSTANCE_ID,
        nodePriority: 0,
        isReadOnlyReplica: false,
        esVersion: SERVER_VERSION,
      },
    ],
    serverIp: address.host,
    serverPort: address.port,
  };
}
