import { AppendFailedError, OutcomeUnknownError } from '../storage/errors.js';
import { appendFailure } from './append.js';
import type { GrpcCall } from './grpc-call.js';
import type { Handler } from './grpc-server.js';
import { ProtobufReader } from './protobuf.js';
import { handlerFailed } from './status.js';

/** A method with one request, whose options are its field 1, and one answer. */
export function unary(method: (options: ProtobufReader) => Promise<Buffer>): Handler {
  return (call) => {
    let options: ProtobufReader | undefined;
    call.onMessage = (message) => {
      const request = new ProtobufReader(message);
      while (request.next()) {
        if (request.field === 1) options = request.message();
        else request.skip();
      }
    };
    call.onEnd = () => {
      if (options === undefined) throw handlerFailed();
      answer(call, method(options));
    };
  };
}

/** A method whose request does not matter. */
export function answering(method: () => Buffer | Promise<Buffer>): Handler {
  return (call) => {
    call.onEnd = () => {
      const answered = method();
      if (answered instanceof Promise) answer(call, answered);
      else {
        call.send(answered);
        call.finish();
      }
    };
  };
}

/** A method that is refused whatever it is asked. */
export function refusing(refusal: () => Error): Handler {
  return (call) => {
    call.onEnd = () => call.finish(refusal());
  };
}

function answer(call: GrpcCall, answering: Promise<Buffer>): void {
  answering.then(
    (message) => {
      call.send(message);
      call.finish();
    },
    // What the store could not note is no fault of its code.
    (error: unknown) =>
      call.finish(error instanceof AppendFailedError || error instanceof OutcomeUnknownError ? appendFailure(error) : error),
  );
}
