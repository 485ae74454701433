import { AppendTimedOutError, type AppendTimeouts } from '../append-timeouts.js';
import type { EventLog, NewEvent } from '../event-log.js';
import { AppendFailedError } from '../storage/errors.js';
import { expectationOf, readOptions, readProposedMessage, type RawOptions, type StreamExpectation } from './append-request.js';
import {
  appendSuccess,
  appendWrongVersion,
  batchBadRequest,
  batchFailure,
  batchStreamDeleted,
  batchSuccessFrame,
  batchTimeout,
  batchTooLarge,
  batchUnavailable,
  batchWrongVersion,
  type BatchError,
} from './append-response.js';
import type { GrpcCall } from './grpc-call.js';
import type { Handler } from './grpc-server.js';
import { ProtobufReader, encodeMessage } from './protobuf.js';
import { Code, Status, appendTooLarge, handlerFailed, streamDeleted } from './status.js';
import { readUuid } from './uuid.js';

/** Waiting bytes from which on a call that goes on sending has to wait. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

/** What clients see of an append that failed for no fault of theirs. */
export function appendFailure(error: Error): Status {
  if (error instanceof AppendTimedOutError) return new Status(Code.aborted, `Operation timed out: ${error.message}`);
  return new Status(Code.unavailable, error instanceof AppendFailedError ? `Nothing was appended: ${error.message}` : error.message);
}

/** Streams.Append: options, then one message for each event; answered when the client has finished sending. */
export function appendHandler(log: EventLog, appendBytesMax: number, timeouts: AppendTimeouts): Handler {
  return (call) => {
    let expectation: StreamExpectation | undefined;
    const events: NewEvent[] = [];
    let bytes = 0;
    call.onMessage = (message) => {
      const reader = new ProtobufReader(message);
      let event: NewEvent | undefined;
      let options: RawOptions | undefined;
      while (reader.next()) {
        if (reader.field === 1) options = readOptions(reader.message());
        else if (reader.field === 2) event = readProposedMessage(reader.message());
        else reader.skip();
      }
      if (expectation === undefined) {
        if (options === undefined) throw handlerFailed();
        expectation = expectationOf(options, 'AppendReq');
        return;
      }
      if (event === undefined) throw handlerFailed();
      bytes += event.data.length;
      if (bytes > appendBytesMax) throw appendTooLarge(appendBytesMax);
      events.push(event);
    };
    call.onEnd = () => {
      if (expectation === undefined) throw handlerFailed();
      const wanted = expectation;
      const answer = timeouts.watch((error, outcome) => {
        if (outcome === undefined) call.finish(appendFailure(error!));
        else if (outcome.kind === 'deleted') call.finish(streamDeleted(wanted.name));
        else {
          call.send(outcome.kind === 'written' ? appendSuccess(outcome) : appendWrongVersion(outcome.current, wanted));
          call.finish();
        }
      });
      log.append(wanted.name, wanted.expected, events, answer);
    };
  };
}

// An append of a batch call that is still being sent.
interface Gathering {
  correlationId: Buffer | undefined;
  expectation: StreamExpectation;
  events: NewEvent[];
  bytes: number;
  timer: NodeJS.Timeout | undefined;
}

/** Streams.BatchAppend: any number of appends in one call, each in one or more chunks, each answered by itself. */
export function batchAppendHandler(log: EventLog, appendBytesMax: number, timeouts: AppendTimeouts): Handler {
  return (call) => {
    new BatchCall(call, log, appendBytesMax, timeouts);
  };
}

class BatchCall {
  private readonly gathering = new Map<string, Gathering>();
  private unanswered = 0;
  private hasEnded = false;

  constructor(
    private readonly call: GrpcCall,
    private readonly log: EventLog,
    private readonly appendBytesMax: number,
    private readonly timeouts: AppendTimeouts,
  ) {
    call.onMessage = (message) => this.take(message);
    call.onEnd = () => {
      this.hasEnded = true;
      if (this.unanswered === 0) call.finish();
    };
    call.whenClosed(() => {
      for (const { timer } of this.gathering.values()) clearTimeout(timer);
    });
  }

  private take(message: Buffer): void {
    const reader = new ProtobufReader(message);
    let correlationId: Buffer | undefined;
    let options: RawOptions | undefined;
    let isFinal = false;
    const proposed: Buffer[] = [];
    while (reader.next()) {
      if (reader.field === 1) correlationId = reader.view();
      else if (reader.field === 2) options = readOptions(reader.message());
      else if (reader.field === 3) proposed.push(reader.view());
      else if (reader.field === 4) isFinal = reader.varint() !== 0;
      else reader.skip();
    }
    if (correlationId === undefined && options === undefined) throw handlerFailed();
    const key = correlationId === undefined ? '' : correlationId.toString('latin1');
    let append = this.gathering.size === 0 ? undefined : this.gathering.get(key);
    try {
      if (append === undefined) {
        if (options === undefined) return;
        append = this.begin(correlationId, options, isFinal, key);
        if (append === undefined) return;
      }
      for (const each of proposed) {
        const event = readProposedMessage(new ProtobufReader(each));
        append.bytes += event.data.length;
        append.events.push(event);
      }
    } catch (error) {
      this.forget(key);
      this.fail(correlationId, options?.stream ?? append?.expectation.stream, batchBadRequest((error as Error).message));
      return;
    }
    if (append.bytes > this.appendBytesMax) {
      this.forget(key);
      this.fail(correlationId, append.expectation.stream, batchTooLarge(this.appendBytesMax));
    } else if (isFinal) {
      this.forget(key);
      this.write(append);
    }
  }

  // A new append, or undefined when its time was over before it began.
  private begin(correlationId: Buffer | undefined, options: RawOptions, isFinal: boolean, key: string): Gathering | undefined {
    if (correlationId === undefined || readUuid(new ProtobufReader(correlationId)) === undefined)
      throw new Error('The correlation id is not a UUID.');
    const expectation = expectationOf(options, 'BatchAppendReq');
    const timeoutMs = options.timeoutMs ?? (options.deadlineAtMs === undefined ? undefined : options.deadlineAtMs - Date.now());
    if (timeoutMs !== undefined && timeoutMs <= 0) {
      this.fail(correlationId, expectation.stream, batchTimeout());
      return undefined;
    }
    const append: Gathering = { correlationId, expectation, events: [], bytes: 0, timer: undefined };
    if (isFinal) return append;
    if (timeoutMs !== undefined) {
      append.timer = setTimeout(
        () => {
          this.gathering.delete(key);
          this.fail(inHalves(correlationId), expectation.stream, batchTimeout());
        },
        Math.min(timeoutMs, 2 ** 31 - 1),
      );
    }
    this.gathering.set(key, append);
    return append;
  }

  private forget(key: string): void {
    if (this.gathering.size === 0) return;
    clearTimeout(this.gathering.get(key)?.timer);
    this.gathering.delete(key);
  }

  private write({ correlationId, expectation, events }: Gathering): void {
    const { stream, name, expected } = expectation;
    this.unanswered += 1;
    const answer = this.timeouts.watch((error, outcome) => {
      this.unanswered -= 1;
      if (outcome === undefined) this.fail(correlationId, stream, failureInBatch(error!));
      else if (outcome.kind === 'written') this.call.sendFrames(batchSuccessFrame(correlationId, stream, outcome));
      else
        this.fail(
          correlationId,
          stream,
          outcome.kind === 'deleted' ? batchStreamDeleted(stream) : batchWrongVersion(outcome.current, expectation),
        );
      if (this.hasEnded && this.unanswered === 0) this.call.finish();
    });
    this.log.append(name, expected, events, answer);
    if (this.log.log.waitingBytes > WAITING_BYTES_MAX) {
      this.call.pause();
      this.log.log.whenDurable(() => this.call.resume());
    }
  }

  private fail(correlationId: Buffer | undefined, stream: Buffer | undefined, error: BatchError): void {
    this.call.send(batchFailure(correlationId, stream, error));
  }
}

function failureInBatch(error: Error): BatchError {
  return error instanceof AppendTimedOutError ? batchTimeout() : batchUnavailable(appendFailure(error).message);
}

// What the server says of its own accord carries the id in two halves, however it came.
function inHalves(correlationId: Buffer): Buffer {
  const id = readUuid(new ProtobufReader(correlationId))!;
  return encodeMessage((writer) =>
    writer.messageField(1, (halves) => {
      halves.bigVarintField(1, id.readBigInt64BE(0));
      halves.bigVarintField(2, id.readBigInt64BE(8));
    }),
  );
}
