import type { EventLog } from '../event-log.js';
import type { Consumer } from '../groups/consumer.js';
import type { Group, NackAction } from '../groups/group.js';
import type { SubscriptionGroups } from '../groups/groups.js';
import { keyOf, sourceOf } from '../groups/settings.js';
import { groupInfo } from './group-info.js';
import { readGroupSettings, readStreamName, type GroupReference } from './group-request.js';
import type { GrpcCall } from './grpc-call.js';
import type { Handler } from './grpc-server.js';
import { ProtobufReader, encodeMessage } from './protobuf.js';
import { ReadFrames, type UuidNotation } from './read-response.js';
import { Code, Status, groupDropped, groupExists, groupFailed, groupFull, groupMissing, handlerFailed } from './status.js';
import { answering, unary } from './unary.js';
import { readUuid } from './uuid.js';

const NOTHING = Buffer.alloc(0);
/** What a consumer may ask for, by number; "unknown" is a retry and "stop" the same as "skip". */
const NACK_ACTIONS: NackAction[] = ['retry', 'park', 'retry', 'skip', 'skip'];
const BEYOND_THE_END =
  'Invalid Start From position: commit position must be less than or equal to the last commit position in the transaction file.';
/** What the real server says when somebody takes $all for a stream. */
const ALL_AS_A_STREAM =
  'Envelope callback expected either CreatePersistentSubscriptionToAllCompleted or NotHandled, received CreatePersistentSubscriptionToStreamCompleted instead';

/** The methods of the service PersistentSubscriptions by their names. */
export function groupHandlers(log: EventLog, groups: SubscriptionGroups): Record<string, Handler> {
  const found = ({ stream, name }: GroupReference): Group => {
    const group = groups.find(stream, name);
    if (group === undefined) throw groupMissing(stream ?? '$all', name);
    return group;
  };
  return {
    Create: unary(async (options) => {
      const settings = readGroupSettings(options, 'CreateReq');
      const source = sourceOf(settings);
      if (settings.stream === '$all') throw new Status(Code.unknown, ALL_AS_A_STREAM);
      if (settings.stream === undefined && typeof settings.startFrom === 'number' && settings.startFrom > log.log.durableEnd) {
        throw groupFailed(source, settings.name, BEYOND_THE_END);
      }
      return groups.change(async () => {
        if (groups.find(settings.stream, settings.name) !== undefined) throw groupExists(source, settings.name);
        await groups.put(settings);
        return NOTHING;
      });
    }),
    Update: unary(async (options) => {
      const settings = readGroupSettings(options, 'UpdateReq');
      return groups.change(async () => {
        const { filter } = found(settings).settings;
        await groups.put({ ...settings, filter });
        return NOTHING;
      });
    }),
    Delete: unary(async (options) => {
      const reference = readReference(options, { stream: 1, name: 2, all: 3 });
      return groups.change(async () => {
        await groups.remove(found(reference));
        return NOTHING;
      });
    }),
    GetInfo: unary(async (options) => {
      const group = found(readReference(options, { stream: 1, all: 2, name: 3 }));
      return encodeMessage((writer) => writer.messageField(1, (info) => groupInfo(info, group)));
    }),
    ReplayParked: unary(async (options) => {
      const { stopAt, hasLimit, ...reference } = readReplay(options);
      const group = found(reference);
      if (!hasLimit) throw handlerFailed();
      if (stopAt !== undefined && stopAt < 0) {
        throw groupFailed(sourceOf(group.settings), reference.name, 'Cannot stop replaying parked message at a negative version.');
      }
      await group.replay(stopAt);
      return NOTHING;
    }),
    List: unary(async (options) => {
      const chosen = listed(options, groups);
      return encodeMessage((writer) => {
        for (const group of chosen) writer.messageField(1, (info) => groupInfo(info, group));
      });
    }),
    RestartSubsystem: restartHandler(groups),
    Read: (call) => {
      new ConsumerCall(call, groups);
    },
  };
}

/** Starts all persistent subscriptions anew: PersistentSubscriptions.RestartSubsystem, and the same by another name in Operations. */
export function restartHandler(groups: SubscriptionGroups): Handler {
  return answering(() =>
    groups.change(async () => {
      await groups.restart();
      return NOTHING;
    }),
  );
}

function readReference(options: ProtobufReader, fields: { stream: number; name: number; all: number }): GroupReference {
  let stream: string | undefined;
  let isAll = false;
  let name = '';
  while (options.next()) {
    if (options.field === fields.stream) stream = readStreamName(options.message());
    else if (options.field === fields.name) name = options.text();
    else {
      if (options.field === fields.all) isAll = true;
      options.skip();
    }
  }
  if (stream === undefined && !isAll) throw handlerFailed();
  return { stream: isAll ? undefined : stream, name };
}

function readReplay(options: ProtobufReader): GroupReference & { stopAt: number | undefined; hasLimit: boolean } {
  let stream: string | undefined;
  let isAll = false;
  let name = '';
  let stopAt: number | undefined;
  let hasLimit = false;
  while (options.next()) {
    if (options.field === 1) name = options.text();
    else if (options.field === 2) stream = readStreamName(options.message());
    else if (options.field === 4) {
      stopAt = Number(BigInt.asIntN(64, options.bigVarint()));
      hasLimit = true;
    } else {
      if (options.field === 3) isAll = true;
      if (options.field === 5) hasLimit = true;
      options.skip();
    }
  }
  if (stream === undefined && !isAll) throw handlerFailed();
  return { stream: isAll ? undefined : stream, name, stopAt, hasLimit };
}

function listed(options: ProtobufReader, groups: SubscriptionGroups): Group[] {
  let chosen: Group[] | undefined;
  while (options.next()) {
    if (options.field === 1) {
      chosen = groups.all();
      options.skip();
      continue;
    }
    const option = options.message();
    let stream: string | undefined;
    while (option.next()) {
      if (option.field === 1) stream = readStreamName(option.message());
      else option.skip();
    }
    chosen = groups.of(stream);
    if (chosen.length === 0) throw groupMissing(stream ?? '$all', '');
  }
  if (chosen === undefined) throw handlerFailed();
  return chosen;
}

/** PersistentSubscriptions.Read: options first, then acknowledgements, while events go the other way. */
class ConsumerCall {
  private group: Group | undefined;
  private consumer: Consumer | undefined;

  constructor(
    private readonly call: GrpcCall,
    private readonly groups: SubscriptionGroups,
  ) {
    call.onMessage = (message) => this.take(new ProtobufReader(message));
    call.onEnd = () => {
      if (this.consumer === undefined) call.finish();
    };
    call.whenClosed(() => {
      if (this.consumer !== undefined) this.group?.disconnect(this.consumer);
    });
  }

  private take(request: ProtobufReader): void {
    let isUnderstood = false;
    while (request.next()) {
      if (request.field === 1 && this.consumer === undefined) {
        this.connect(request.message());
        isUnderstood = true;
      } else if ((request.field === 2 || request.field === 3) && this.consumer !== undefined) {
        this.settle(request.message(), request.field === 3);
        isUnderstood = true;
      } else request.skip();
    }
    if (!isUnderstood && this.consumer === undefined) throw handlerFailed();
  }

  private connect(options: ProtobufReader): void {
    let stream: string | undefined;
    let isAll = false;
    let name = '';
    let slots = 0;
    let uuid: UuidNotation | undefined;
    while (options.next()) {
      if (options.field === 1) stream = readStreamName(options.message());
      else if (options.field === 2) name = options.text();
      else if (options.field === 3) slots = Number(BigInt.asIntN(32, options.bigVarint()));
      else if (options.field === 4) {
        const option = options.message();
        while (option.next()) {
          uuid = option.field === 2 ? 'text' : 'halves';
          option.skip();
        }
      } else {
        if (options.field === 5) isAll = true;
        options.skip();
      }
    }
    if ((stream === undefined && !isAll) || uuid === undefined || slots < 0) throw handlerFailed();
    const source = isAll ? '$all' : stream!;
    const group = this.groups.find(isAll ? undefined : stream, name);
    if (group === undefined) throw groupMissing(source, name);
    const { consumersMax } = group.settings;
    if (consumersMax > 0 && group.consumers.length >= consumersMax) throw groupFull(source, name);
    const { call } = this;
    const frames = new ReadFrames(uuid);
    call.send(
      encodeMessage((writer) =>
        writer.messageField(2, (confirmation) => confirmation.textField(1, keyOf(isAll ? undefined : stream, name))),
      ),
    );
    this.group = group;
    this.consumer = group.connect(
      {
        connectionName: String(call.headers['connection-name'] ?? ''),
        from: call.peer,
        deliver: (message) => {
          // What is handed out in one go leaves in one piece.
          if (frames.isEmpty) queueMicrotask(() => call.sendFrames(frames.take()));
          frames.event(message.event, message.link, message.original.position, message.retries);
        },
        drop: () => call.finish(groupDropped(source, name)),
      },
      slots,
    );
  }

  private settle(reader: ProtobufReader, isRefusal: boolean): void {
    const ids: Buffer[] = [];
    let action: NackAction = 'retry';
    let reason = '';
    while (reader.next()) {
      if (reader.field === 2) {
        const id = readUuid(reader.message());
        if (id !== undefined) ids.push(id);
      } else if (reader.field === 3) action = NACK_ACTIONS[reader.varint()] ?? 'retry';
      else if (reader.field === 4) reason = reader.text();
      else reader.skip();
    }
    if (isRefusal) this.group!.refuse(this.consumer!, ids, action, reason);
    else this.group!.acknowledge(this.consumer!, ids);
  }
}
