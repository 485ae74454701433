import type { Projections, Running } from '../projections/projections.js';
import { SEAL_BYTES } from '../storage/record.js';
import type { GrpcCall } from './grpc-call.js';
import type { Handler } from './grpc-server.js';
import { ProtobufReader, encodeMessage, type ProtobufWriter } from './protobuf.js';
import { Code, Status, handlerFailed } from './status.js';
import { answering, refusing, unary } from './unary.js';

const NOTHING = Buffer.alloc(0);

const notFound = (name: string): Status => new Status(Code.notFound, `Projection '${name}' not found`);
const onlyStandard = (): Status =>
  new Status(
    Code.unimplemented,
    'This event store runs the standard projections only: they are enabled, disabled and restarted, never made, changed or reset, ' +
      'and have no state or result but the streams they write.',
  );

/** The service Projections. `durableEnd` says how far there is to go. */
export function projectionHandlers(projections: Projections, durableEnd: () => number): Record<string, Handler> {
  const named = (method: (name: string) => Promise<void>): Handler =>
    unary(async (options) => {
      const name = readName(options);
      if (projections.find(name) === undefined) throw notFound(name);
      await method(name);
      return NOTHING;
    });
  return {
    Enable: named((name) => projections.enable(name)),
    Disable: named((name) => projections.disable(name)),
    Statistics: (call) => answerStatistics(call, projections, durableEnd),
    RestartSubsystem: answering(async () => {
      await projections.restart();
      return NOTHING;
    }),
    ...Object.fromEntries(['Create', 'Update', 'Delete', 'Reset', 'State', 'Result'].map((method) => [method, refusing(onlyStandard)])),
  };
}

// One projection by its name, or all of a mode: all here are continuous.
function answerStatistics(call: GrpcCall, projections: Projections, durableEnd: () => number): void {
  let wanted: readonly Running[] | undefined;
  call.onMessage = (message) => {
    const request = new ProtobufReader(message);
    while (request.next()) {
      if (request.field !== 1) {
        request.skip();
        continue;
      }
      const options = request.message();
      while (options.next()) {
        if (options.field === 1) {
          const name = options.text();
          const found = projections.find(name);
          if (found === undefined) throw notFound(name);
          wanted = [found];
        } else {
          wanted = options.field === 2 || options.field === 4 ? projections.list() : [];
          options.skip();
        }
      }
    }
  };
  call.onEnd = () => {
    if (wanted === undefined) throw handlerFailed();
    for (const running of wanted) call.send(encodeMessage((writer) => writer.messageField(1, details(running, durableEnd()))));
    call.finish();
  };
}

function details(running: Running, durableEnd: number): (writer: ProtobufWriter) => void {
  const { projection, isEnabled, at, noted, eventsProcessed, busyMs, fault } = running;
  const progress = Buffer.alloc(4);
  // The mark at the end of an idle log is nobody's event.
  progress.writeFloatLE(at + SEAL_BYTES >= durableEnd ? 100 : (at / durableEnd) * 100);
  return (writer) => {
    writer.varintField(1, Math.round(busyMs));
    writer.bigVarintField(3, -1n);
    writer.textField(4, projection.name);
    writer.textField(8, !isEnabled ? 'Stopped' : fault === undefined ? 'Running' : 'Faulted');
    writer.textField(9, fault ?? '');
    writer.textField(10, projection.name);
    writer.textField(11, 'Continuous');
    writer.textField(12, `C:${at}/P:${at}`);
    writer.fixed32Field(13, progress);
    writer.textField(14, `C:${noted}/P:${noted}`);
    writer.varintField(15, eventsProcessed);
  };
}

function readName(options: ProtobufReader): string {
  let name = '';
  while (options.next()) {
    if (options.field === 1) name = options.text();
    else options.skip();
  }
  return name;
}
