/** @file Whether an answer is one that the OpenAPI document allows. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { document } from './document.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
ajv.addSchema(document, 'api');

const escaped = (key: string) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));

function validate(pointer: readonly string[], text: string): string | null {
  const check = ajv.getSchema(`api#/${pointer.map(escaped).join('/')}`);
  if (check === undefined) return `openapi.json has no ${pointer.join('/')}`;
  if (check(JSON.parse(text))) return null;
  return `${pointer.join('/')}: ${ajv.errorsText(check.errors)}`;
}

const PROBLEM = ['components', 'schemas', 'Problem'];

/** Problems that any request can meet are not listed with every operation; they are problems all the same. */
function problemFault({ status, type, text }: Answer): string | null {
  if (!type.startsWith('application/problem+json')) return `${status} as ${type}`;
  const fault = validate(PROBLEM, text);
  if (fault !== null) return fault;
  const problem = JSON.parse(text) as { status: number; code: string; errors?: { pointer: string }[] };
  if (problem.status !== status) return `status ${problem.status} in the body of a ${status}`;
  if (problem.code !== 'validation_failed') return null;
  const pointers = (problem.errors ?? []).map(({ pointer }) => pointer);
  const fine = pointers.length > 0 && pointers.every((pointer) => pointer === '' || pointer.startsWith('/'));
  return fine ? null : `validation_failed without pointers: ${text.slice(0, 200)}`;
}

/** A 503 of back-pressure, or the readiness answer; both are asked for. */
const refusedForNow = ({ status, text }: Answer) =>
  status === 503 && /"code":"(overloaded|not_ready)"/.test(text);

/** What is wrong with the answer; null where nothing is. */
export function faultOf(answer: Answer, template: string, method: string): string | null {
  const { status, type, text } = answer;
  if (status >= 500 && !refusedForNow(answer)) return `${status}: ${text.slice(0, 300)}`;
  if (method === 'HEAD' || status === 304 || status === 204)
    return text === '' ? null : `a body with ${method} ${status}`;
  if (status >= 400) return problemFault(answer);
  const media = type.split(';')[0] as string;
  if (media !== 'application/json') return null;
  return validate(
    ['paths', template, method.toLowerCase(), 'responses', String(status), 'content', media, 'schema'],
    text,
  );
}

const templates = Object.keys(document.paths).map((template) => ({
  template,
  pattern: new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** @throws Error where an operation of the document was answered with something that it does not allow */
export async function check(method: string, url: string, response: Response): Promise<Response> {
  const path = new URL(url).pathname;
  // A path without parameters goes before one that could stand for it.
  const found =
    templates.find(({ template }) => template === path) ??
    templates.find(({ pattern }) => pattern.test(path));
  const type = response.headers.get('content-type') ?? '';
  const isStream = type.startsWith('text/event-stream');
  if (isStream || (found === undefined && response.status < 400)) return response;
  const text = await response.clone().text();
  const fault = faultOf({ status: response.status, type, text }, found?.template ?? '', method);
  if (fault !== null) throw new Error(`${method} ${path} against openapi.json: ${fault}`);
  return response;
}
