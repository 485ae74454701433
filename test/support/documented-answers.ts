import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Answer, Call } from '../../apps/api/src/testing/started-api.js';

/** What the document says may be answered to one call of it. */
interface Documented {
  readonly path: string;
  readonly pattern: RegExp;
  readonly method: string;
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: Readonly<Record<string, object>> }>>;
}

/**
 * Holds answers against the OpenAPI document: their status, their media type, and every member of their body. What the document leaves open by a
 * schema without `additionalProperties` is closed here, so that no member goes without being told; a problem may carry any numbers beside it.
 */
export class DocumentedAnswers {
  private readonly calls: readonly Documented[];
  private readonly ajv = new Ajv2020({ strict: false });
  private readonly checks = new Map<string, ValidateFunction>();

  constructor(private readonly document: any) {
    for (const [name, schema] of Object.entries<any>(document.components.schemas))
      if (name !== 'Problem' && schema.properties !== undefined) schema.unevaluatedProperties = schema.additionalProperties ?? false;
    (addFormats as unknown as (ajv: Ajv2020) => void)(this.ajv);
    for (const format of ['idn-email', 'iri', 'password']) this.ajv.addFormat(format, true);
    this.ajv.addSchema({ $id: 'document', ...document });
    this.calls = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
      Object.entries<any>(methods).map(([method, { responses }]) => ({
        ...{ path, method, responses },
        pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}/?$`),
      })),
    );
  }

  /** What is said in an answer, and not in the document; undefined when it is as told, or when the call is not in the document at all. */
  finding({ method = 'GET', url }: Call, { status, headers, body }: Answer): string | undefined {
    const called = url.split('?')[0]!;
    const fitting = this.calls.filter((call) => call.method === method.toLowerCase() && call.pattern.test(called));
    // `/health/live` is no `/health/{name}`.
    const documented = fitting.find(({ path }) => !path.endsWith('}')) ?? fitting[0];
    if (documented === undefined) return undefined;
    const response = documented.responses[status];
    if (response === undefined) return `the status ${status} is not told`;
    const told = response.$ref === undefined ? response : this.document.components.responses[response.$ref.split('/').at(-1)!];
    const media = (headers['content-type'] ?? '').split(';')[0]!;
    if (told.content === undefined) return body === '' ? undefined : 'a body is not told';
    if (told.content[media] === undefined) return `the media type ${media} is not told`;
    const place =
      told === response ? ['paths', documented.path, documented.method, 'responses', status] : ['components', 'responses', 'Problem'];
    const check = this.checkFor([...place, 'content', media, 'schema']);
    return check(body) ? undefined : this.ajv.errorsText(check.errors, { dataVar: 'body' });
  }

  private checkFor(place: readonly (string | number)[]): ValidateFunction {
    const pointer = place.map((step) => encodeURIComponent(String(step).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    let check = this.checks.get(pointer);
    if (check === undefined) this.checks.set(pointer, (check = this.ajv.compile({ $ref: `document#/${pointer}` })));
    return check;
  }
}
