import { randomUUID } from 'node:crypto';
import type { Handler } from './grpc-server.js';
import { encodeMessage } from './protobuf.js';

/** What this server says it is: the release whose behavior it follows. */
export const SERVER_VERSION = '24.2.0';
const LEADER = 8;
const STARTED_TICKS = BigInt(Date.now()) * 10_000n;

/** Methods as clients ask for them, with the features that they look at. Names are in lower case, as the real server gives them. */
const SUPPORTED: [service: string, methods: [name: string, features?: string[]][]][] = [
  ['event_store.client.gossip.gossip', [['read']]],
  [
    'event_store.client.persistent_subscriptions.persistentsubscriptions',
    ['create', 'delete', 'getinfo', 'list', 'read', 'replayparked', 'restartsubsystem', 'update'].map((name): [string, string[]] => [
      name,
      ['stream', 'all'],
    ]),
  ],
  ['event_store.client.server_features.serverfeatures', [['getsupportedmethods']]],
  [
    'event_store.client.streams.streams',
    [['append'], ['batchappend', ['deadline_duration']], ['delete'], ['read', ['position', 'events']], ['tombstone']],
  ],
];

/** ServerFeatures.GetSupportedMethods. */
export function supportedMethodsHandler(): Handler {
  const answer = encodeMessage((writer) => {
    for (const [service, methods] of SUPPORTED) {
      for (const [method, features = []] of methods) {
        writer.messageField(1, (inner) => {
          inner.textField(1, method);
          inner.textField(2, service);
          for (const feature of features) inner.textField(3, feature);
        });
      }
    }
    writer.textField(2, SERVER_VERSION);
  });
  return answering(() => answer);
}

/** Gossip.Read: one member, this one, which is the leader. */
export function gossipHandler(address: () => { host: string; port: number }): Handler {
  const id = randomUUID().replaceAll('-', '');
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

// A method whose request says nothing.
function answering(answer: () => Buffer): Handler {
  return (call) => {
    call.onEnd = () => {
      call.send(answer());
      call.finish();
    };
  };
}
