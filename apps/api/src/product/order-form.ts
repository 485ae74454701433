import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { ValidateBy } from 'class-validator';

const largestCharacters = 32_768;

/** What is wrong with a JSON Schema that is to describe an order form (2020-12, or draft 07 when it says so); undefined when it can be used. */
export function orderFormFault(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return 'must be a JSON Schema: an object';
  try {
    const text = JSON.stringify(schema);
    if (text.length > largestCharacters) return `must have at most ${largestCharacters} characters; it has ${text.length}`;
    // JSON.stringify escapes a lone surrogate, and only that, in this way.
    if (/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(text)) return 'must be well-formed Unicode';
    const older = '$schema' in schema && String(schema.$schema).includes('draft-07');
    // One compiler a schema: two products may use the same $id for different forms.
    const compiler = older ? new Ajv({ logger: false }) : new Ajv2020({ logger: false });
    (addFormats as unknown as (compiler: Ajv) => void)(compiler);
    compiler.compile(schema);
    return undefined;
  } catch (error) {
    // Also a RangeError, when it is nested deeper than can be followed.
    return `must be a JSON Schema that compiles: ${(error as Error).message}`;
  }
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
