import { createParamDecorator, Injectable, type ArgumentMetadata, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { Command } from '@nestjs/cqrs';
import type { CommandContext, Receipt } from '#event-store';
import type { Actor } from '#licensing';
import { defaultsOf, LogPosition, Optional, secretFieldsOf } from '../fields.js';
import { commandContext, withoutSecrets } from './command-context.js';
import { invalid, type Finding } from './invalid.js';
import { isNameOfEveryObject } from './json-body.js';
import { routeFacts, type ApiReply, type ApiRequest, type RouteFacts } from './request.js';

/**
 * How a command enters.
 *
 *   1. `@Input() command: AssignLicenses` merges the body, the path (it wins) and the declared query fields into one plain object.
 *   2. The pipe below makes the command class of it and validates it: unknown fields are refused, the schema is the class (fields.ts).
 *   3. `context` is attached: who asks, the command's id, the caller's conditions. A client cannot send it.
 *   4. The controller hands it to the CommandBus; the handler names the decision; `written(…)` turns the receipt into the answer.
 *
 * A query enters the same way, without a context: path and query string make its class.
 */
export const Input = createParamDecorator((_: undefined, host: ExecutionContext): RawInput => {
  const http = host.switchToHttp();
  return new RawInput(http.getRequest<ApiRequest>(), http.getResponse<ApiReply>());
});

class RawInput {
  constructor(
    readonly request: ApiRequest,
    readonly reply: ApiReply,
  ) {}
}

/** What every command class of this API extends: `context` comes from the server. The handler answers the receipt. */
export abstract class LedgerCommand<Answer = Receipt> extends Command<Answer> {
  declare readonly context: CommandContext & { readonly actor: Actor };
}

/** What every query class extends: who asks, and from which position on the answer has to know the log. */
export abstract class Question {
  declare readonly principal: Actor;

  @Optional()
  @LogPosition({ description: 'A `Ledger-Position`: the answer knows at least what was recorded up to there' })
  readonly atLeast?: string;
}

/** Waits until the read models hold everything up to a position. Errors: Rejected READ_MODEL_BEHIND, READ_MODEL_STOPPED. */
export abstract class ReadModels {
  abstract reach(models: readonly string[], atLeast: string | undefined): Promise<void>;
}

/** The one global pipe. */
@Injectable()
export class InputPipe implements PipeTransform {
  constructor(
    private readonly models: ReadModels,
    /** Digests secrets for the hash of a command's input. */
    private readonly digestKey: string,
  ) {}

  transform(value: unknown, { metatype }: ArgumentMetadata): unknown {
    if (!(value instanceof RawInput)) return value;
    const { request, reply } = value;
    const route = routeFacts(request);
    const type = metatype as new () => object;
    const fields = route.writes ? writtenFields(request, route) : askedFields(request, type);
    const input = validated(type, fields) as { context?: unknown; principal?: unknown; atLeast?: string };
    if (route.writes) {
      const hashed = withoutSecrets(fields, secretFieldsOf(type.prototype), this.digestKey);
      input.context = commandContext(request, reply, route, input, hashed);
      return input;
    }
    input.principal = request.principal;
    return this.models.reach(route.models, input.atLeast).then(() => input);
  }
}

function writtenFields({ body, params, query }: ApiRequest, { queryFields, takesConditions }: RouteFacts): Record<string, unknown> {
  if (body !== undefined && body !== null && (typeof body !== 'object' || Array.isArray(body)))
    throw invalid([{ path: '', message: 'the body must be a JSON object' }]);
  const fields: Record<string, unknown> = { ...(body as object), ...(params as object) };
  for (const [name, value] of Object.entries(query as Record<string, unknown>)) {
    if (name === 'dryRun' && takesConditions) continue;
    if (!queryFields.includes(name)) throw invalid([{ path: name, message: 'is not a parameter of this call' }]);
    fields[name] = value;
  }
  return fields;
}

function askedFields({ params, query }: ApiRequest, type: new () => object): Record<string, unknown> {
  // The class would leave these out without a word.
  const odd = Object.keys(query as object).filter(isNameOfEveryObject);
  if (odd.length > 0) throw invalid(odd.map((name) => ({ path: name, message: 'is not a parameter of this call' })));
  return { ...defaultsOf(type.prototype), ...(query as object), ...(params as object) };
}

function validated<Class extends object>(type: new () => Class, fields: Record<string, unknown>): Class {
  const input = plainToInstance(type, fields);
  const errors = validateSync(input, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  if (errors.length > 0) throw invalid(errors.flatMap((error) => findings(error, '')));
  return input;
}

function findings(error: ValidationError, parent: string): Finding[] {
  const path = /^\d+$/.test(error.property) ? `${parent}[${error.property}]` : parent ? `${parent}.${error.property}` : error.property;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ path, message: words(rule, message) }));
  // A field's own words say more than class-validator's about the same value.
  const best =
    own.length > 1 && error.constraints?.['field'] ? own.filter((_, index) => Object.keys(error.constraints!)[index] === 'field') : own;
  const children = error.constraints?.['field'] ? [] : (error.children ?? []);
  return [...best, ...children.flatMap((child) => findings(child, path))];
}

function words(rule: string, message: string): string {
  if (rule === 'whitelistValidation') return 'is not a field of this request';
  if (rule === 'nestedValidation') return 'must be an object';
  return message;
}
