import { randomUUID } from 'node:crypto';
import type { Handler } from './grpc-server.js';
import { encodeMessage } from './protobuf.js';
import { answering } from './unary.js';

/** What this server says it is: the release whose behavior it follows. */
export const SERVER_VERSION = '24.2.0';
const LEADER = 8;
const STARTED_TICKS = BigInt(Date.now()) * 10_000n;

/** Methods as clients ask for them, with the features that they look at. Names are in lower case, as the real server gives them. */
const SUPPORTED: Record<string, Record<string, string[]>> = {
  'gossip.gossip': plain('read'),
  'monitoring.monitoring': plain('stats'),
  'operations.operations': plain(
    'mergeindexes resignnode restartpersistentsubscriptions setnodepriority shutdown startscavenge stopscavenge',
  ),
  'persistent_subscriptions.persistentsubscriptions': plain('create delete getinfo list read replayparked restartsubsystem update', [
    'stream',
    'all',
  ]),
  'redaction.redaction': plain('geteventpositions switchchunks'),
  'server_features.serverfeatures': plain('getsupportedmethods'),
  'streams.streams': {
    ...plain('append delete tombstone'),
    batchappend: ['deadline_duration'],
    read: ['position', 'events'],
  },
  'users.users': plain('changepassword create delete details disable enable resetpassword update'),
};

const PROJECTIONS = {
  'projections.projections': plain('create delete disable enable reset restartsubsystem result state statistics update'),
};

function plain(names: string, features: string[] = []): Record<string, string[]> {
  return Object.fromEntries(names.split(' ').map((name) => [name, features]));
}

/** ServerFeatures.GetSupportedMethods. Some of what a real node lists is answered with a refusal here, see operations.ts. */
export function supportedMethodsHandler(hasProjections: boolean): Handler {
  const services = { ...SUPPORTED, ...(hasProjections ? PROJECTIONS : {}) };
  const answer = encodeMessage((writer) => {
    for (const [service, methods] of Object.entries(services)) {
      for (const [method, features] of Object.entries(methods)) {
        writer.messageField(1, (inner) => {
          inner.textField(1, method);
          inner.textField(2, `event_store.client.${service}`);
          for (const feature of features) inner.textField(3, feature);
        });
      }
    }
    writer.textField(2, SERVER_VERSION);
  });
  return answering(() => answer);
}

/** How this node is told from others in gossip; new at each start. */
export const INSTANCE_ID = randomUUID();

/** Gossip.Read: one member, this one, which is the leader. */
export function gossipHandler(address: () => { host: string; port: number }): Handler {
  const id = INSTANCE_ID.replaceAll('-', '');
  return answering(() =>
    encodeMessage((writer) =>
      writer.messageField(1, (member) => {
        member.messageField(1, (uuid) =>
          uuid.messageField(1, (halves) => {
            halves.bigVarintField(1, BigInt(`0x${id.slice(0, 16)}`));
            halves.bigVarintField(2, BigInt(`0x${id.slice(16)}`));
          }),
        );
        member.bigVarintField(2, STARTED_TICKS);
        member.varintField(3, LEADER);
        member.varintField(4, 1);
        member.messageField(5, (endPoint) => {
          endPoint.textField(1, address().host);
          endPoint.varintField(2, address().port);
        });
      }),
    ),
  );
}
