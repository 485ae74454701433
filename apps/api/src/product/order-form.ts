import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { ValidateBy } from 'class-validator';
import { LRUCache } from 'lru-cache';
import type { Finding } from '../http/invalid.js';

const largestCharacters = 32_768;

/** What is wrong with a JSON Schema that is to describe an order form (2020-12, or draft 07 when it says so); undefined when it can be used. */
export function orderFormFault(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return 'must be a JSON Schema: an object';
  try {
    const text = JSON.stringify(schema);
    if (text.length > largestCharacters) return `must have at most ${largestCharacters} characters; it has ${text.length}`;
    // JSON.stringify escapes a lone surrogate, and only that, in this way.
    if (/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(text)) return 'must be well-formed Unicode';
    compiled(schema);
    return undefined;
  } catch (error) {
    // Also a RangeError, when it is nested deeper than can be followed.
    return `must be a JSON Schema that compiles: ${(error as Error).message}`;
  }
}

function compiled(schema: object): ValidateFunction {
  const older = '$schema' in schema && String(schema.$schema).includes('draft-07');
  // One compiler a schema: two products may use the same $id for different forms.
  const compiler = older ? new Ajv({ logger: false, allErrors: true }) : new Ajv2020({ logger: false, allErrors: true });
  (addFormats as unknown as (compiler: Ajv) => void)(compiler);
  return compiler.compile(schema);
}

/** Compiling takes about a millisecond; the same few forms are filled in again and again. */
const forms = new LRUCache<string, ValidateFunction>({ max: 200 });
const findingsMax = 20;

/** What is wrong with a buyer's answers to an order form, by the schema of its product; `path` is where the answers stand in the request. */
export function orderFormFindings(schema: object, answers: object | undefined, path: string): Finding[] {
  if (answers === undefined) return [{ path, message: 'is missing: it must answer the order form of the product' }];
  const text = JSON.stringify(schema);
  let validate = forms.get(text);
  if (validate === undefined) forms.set(text, (validate = compiled(schema)));
  if (validate(answers)) return [];
  return validate.errors!.slice(0, findingsMax).map(({ instancePath, params, message = 'does not fit the order form' }) => {
    const added = (params as { additionalProperty?: string }).additionalProperty;
    return { path: path + dotted(instancePath), message: added === undefined ? message : `${message}: ${added}` };
  });
}

/** A JSON pointer in the way that paths of findings are written: `/a/0/b` is `.a[0].b`. */
function dotted(pointer: string): string {
  const parts = pointer.split('/').slice(1);
  return parts
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('');
}

/** A JSON Schema for what a buyer is asked when ordering. */
export const OrderForm = (documented: { readonly example?: object } = {}) =>
  applyDecorators(
    ValidateBy({
      name: 'orderForm',
      validator: {
        validate: (value: unknown) => orderFormFault(value) === undefined,
        defaultMessage: (shown) => orderFormFault(shown?.value) ?? '',
      },
    }),
    ApiProperty({
      type: 'object',
      additionalProperties: true,
      description: 'A JSON Schema (2020-12, or draft-07 when it says so) of the answers a buyer gives with an order line',
      ...documented,
    }),
  );
