import type { EventLog } from '../event-log.js';
import { appendFailure } from './append.js';
import { expectationOf, readOptions, type RawOptions } from './append-request.js';
import type { Handler } from './grpc-server.js';
import { ProtobufReader, encodeMessage } from './protobuf.js';
import { handlerFailed, streamDeleted, wrongExpectedVersion } from './status.js';

/** How errors of Delete and Tombstone name what was expected. */
const EXPECTED_NUMBERS = { no_stream: '-1', any: '-2', stream_exists: '-4' };

/** Streams.Delete (soft) and Streams.Tombstone (for good): the same request, the same answer. */
export function deleteHandler(log: EventLog, method: 'delete' | 'tombstone'): Handler {
  const requestName = method === 'delete' ? 'DeleteReq' : 'TombstoneReq';
  return (call) => {
    let options: RawOptions | undefined;
    call.onMessage = (message) => {
      const request = new ProtobufReader(message);
      while (request.next()) {
        if (request.field === 1) options = readOptions(request.message());
        else request.skip();
      }
    };
    call.onEnd = () => {
      if (options === undefined) throw handlerFailed();
      const { name, expected, revision } = expectationOf(options, requestName);
      log[method](name, expected, (error, outcome) => {
        if (outcome === undefined) call.finish(appendFailure(error!));
        else if (outcome.kind === 'deleted') call.finish(streamDeleted(name));
        else if (outcome.kind === 'wrongRevision') {
          const shown = typeof expected === 'string' ? EXPECTED_NUMBERS[expected] : String(revision);
          call.finish(wrongExpectedVersion('Delete', name, shown, outcome.current));
        } else {
          const { position } = outcome;
          call.send(
            encodeMessage((writer) =>
              writer.messageField(1, (inner) => {
                inner.varintField(1, position!);
                inner.varintField(2, position!);
              }),
            ),
          );
          call.finish();
        }
      });
    };
  };
}
