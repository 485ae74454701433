import type { SubscriptionGroups } from '../groups/groups.js';
import { restartHandler } from './groups.js';
import type { Handler } from './grpc-server.js';
import { Code, Status } from './status.js';
import { answering, refusing, unary } from './unary.js';

const NOTHING = Buffer.alloc(0);

const scavengeNotFound = (): Status => new Status(Code.notFound, 'Scavenge id was invalid.', { exception: 'scavenge-not-found' });
const unimplemented = (why: string) => (): Status => new Status(Code.unimplemented, why);
const noScavenge = unimplemented('This event store does not scavenge: what is deleted or truncated is hidden, and stays on disk.');

/**
 * The service Operations. There are no indexes to merge and no other nodes to be preferred to, so those calls are content. What a
 * caller would rely on and not get is refused: a scavenge, a resignation, and a shutdown, which belongs to who started the process.
 */
export function operationsHandlers(groups: SubscriptionGroups): Record<string, Handler> {
  return {
    MergeIndexes: answering(() => NOTHING),
    SetNodePriority: answering(() => NOTHING),
    RestartPersistentSubscriptions: restartHandler(groups),
    StartScavenge: unary(() => Promise.reject(noScavenge())),
    StopScavenge: unary(() => Promise.reject(scavengeNotFound())),
    ResignNode: refusing(unimplemented('This event store is one node: there is no other that could lead.')),
    Shutdown: refusing(unimplemented('This event store is stopped by SIGTERM to its process, not by a call.')),
  };
}

/** The service Users. A real node without authentication never answers it. */
export function usersHandlers(): Record<string, Handler> {
  const refusal = refusing(unimplemented('This event store has at most one user, given when it is started; users are not managed here.'));
  const methods = ['Create', 'Update', 'Delete', 'Disable', 'Enable', 'Details', 'ChangePassword', 'ResetPassword'];
  return Object.fromEntries(methods.map((method) => [method, refusal]));
}

/** The service Redaction. */
export function redactionHandlers(): Record<string, Handler> {
  const refusal = refusing(unimplemented('This event store never changes what was written.'));
  return { GetEventPositions: refusal, SwitchChunks: refusal };
}
