import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';

/** Checks bodies against Discord's own OpenAPI description and words the complaint as Discord does. */

const spec = JSON.parse(readFileSync(new URL('./openapi.json', import.meta.url), 'utf8')) as {
  requests: Record<string, object>;
  components: { schemas: Record<string, object> };
};

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, logger: false });
ajv.addSchema({ $id: 'discord', ...spec });
const compiled = new Map<string, ValidateFunction>();

function validator(pointer: string): ValidateFunction {
  let found = compiled.get(pointer);
  if (!found) {
    found = ajv.compile({ $ref: `discord#${pointer}` });
    compiled.set(pointer, found);
  }
  return found;
}

const escapePointer = (key: string) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));

export interface FormErrors {
  [key: string]: FormErrors | { code: string; message: string }[];
}

/** What is wrong with the body of that operation (`POST /channels/{channel_id}/messages`), undefined if nothing. */
export function wrongWithRequest(operation: string, body: unknown): FormErrors | undefined {
  if (!spec.requests[operation]) throw new Error(`no request schema for ${operation}`);
  return complaint(validator(`/requests/${escapePointer(operation)}`), body);
}

/** The local server's own messages must fit too, else it proves nothing. */
export function wrongWithMessage(message: unknown): FormErrors | undefined {
  return complaint(validator('/components/schemas/MessageResponse'), message);
}

function complaint(validate: ValidateFunction, body: unknown): FormErrors | undefined {
  if (validate(body)) return undefined;
  const errors: FormErrors = {};
  for (const e of relevant(validate.errors ?? [])) put(errors, e);
  return errors;
}

/** Without the complaints of union members that are of another type altogether. */
function relevant(all: readonly ErrorObject[]): readonly ErrorObject[] {
  const member = (e: ErrorObject) => e.schemaPath.split('/properties/')[0];
  const other = all.filter((e) => e.keyword === 'enum' && e.instancePath.endsWith('/type'));
  const kept = all.filter(
    (e) =>
      e.keyword !== 'oneOf' &&
      !other.some((o) => member(o) === member(e) && e.instancePath.startsWith(o.instancePath.slice(0, -5))),
  );
  return kept.length > 0 ? kept : all;
}

const CODES: Record<string, string> = {
  maxLength: 'BASE_TYPE_BAD_LENGTH',
  minLength: 'BASE_TYPE_BAD_LENGTH',
  maxItems: 'BASE_TYPE_BAD_LENGTH',
  minItems: 'BASE_TYPE_BAD_LENGTH',
  required: 'BASE_TYPE_REQUIRED',
  enum: 'BASE_TYPE_CHOICES',
  oneOf: 'UNION_TYPE_CHOICES',
  anyOf: 'UNION_TYPE_CHOICES',
};

function put(errors: FormErrors, e: ErrorObject): void {
  const path = e.instancePath.split('/').slice(1);
  if (e.keyword === 'required') path.push(String(e.params.missingProperty));
  add(errors, path, CODES[e.keyword] ?? 'BASE_TYPE_INVALID', e.message ?? e.keyword);
}

/** `{content: {_errors: [{code, message}]}}`, as Discord nests them. */
export function add(
  errors: FormErrors,
  path: readonly (string | number)[],
  code: string,
  message: string,
): void {
  let at = errors;
  for (const key of path) {
    at[key] ??= {};
    at = at[key] as FormErrors;
  }
  at._errors ??= [];
  (at._errors as { code: string; message: string }[]).push({ code, message });
}
