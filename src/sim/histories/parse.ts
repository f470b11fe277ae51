import type { Op } from '../history.ts';
import type { Outcome, Value } from '../trace.ts';
import { nearest, ParamError } from '../words.ts';
import { type Model, type ModelName, modelNames, models } from './models.ts';

const MOST = 200_000;
const fields = ['process', 'f', 'key', 'value', 'outcome', 'invoke', 'return'];

/**
 * A history as JSON lines, one operation each: `{"process":"c1","f":"write","key":"x","value":1,"outcome":"ok",
 * "invoke":0,"return":10}`. `return` is null for never; `key` may be left out where there is one object. Empty lines
 * are skipped. An operation's number is its line. Throws ParamError naming the line and what would be accepted.
 */
export function parseHistory(text: string, name: string, initial?: string): { ops: Op[]; model: Model } {
  const known = modelNames.find((m) => m === name);
  if (!known) {
    const hint = nearest(name, modelNames);
    throw new ParamError(
      `model must be one of ${modelNames.join(', ')}; got \`${name.slice(0, 40)}\`.${hint ? ` Did you mean ${hint}?` : ''}`,
    );
  }
  const model = models(known, initial === undefined ? undefined : initialOf(known, initial));
  const ops: Op[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() !== '') ops.push(parseLine(line, i + 1, model));
    if (ops.length > MOST) throw new ParamError(`a history has at most ${MOST} operations.`);
  });
  return { ops, model };
}

function initialOf(model: ModelName, text: string): Value {
  if (model === 'map') throw new ParamError('initial: a map starts empty; leave it out.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = text;
  }
  if (!isValue(value) || (model === 'queue' && !Array.isArray(value)))
    throw new ParamError(
      `initial must be ${model === 'queue' ? 'a JSON list such as [1,2]' : 'a JSON value such as 0'}; got \`${text.slice(0, 40)}\`.`,
    );
  return value;
}

function parseLine(line: string, number: number, model: Model): Op {
  const bad = (why: string): never => {
    throw new ParamError(`line ${number}: ${why}; got \`${line.trim().slice(0, 100)}\`.`);
  };
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return bad('expected one JSON object a line');
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return bad('expected a JSON object');
  const record = read as Record<string, unknown>;
  for (const name of Object.keys(record))
    if (!fields.includes(name)) {
      const hint = nearest(name, fields);
      bad(
        `unknown field ${name}${hint ? ` (did you mean ${hint}?)` : ''}; the fields are ${fields.join(', ')}`,
      );
    }
  const { process, f, key = '', value = null, outcome, invoke } = record;
  const returned = record.return ?? null;
  if (typeof process !== 'string' && typeof process !== 'number') bad('process must be a text or a number');
  if (typeof f !== 'string' || !model.functions.includes(f))
    return bad(`f must be one of ${model.functions.join(', ')} for a ${model.name}`);
  if (typeof key !== 'string' && typeof key !== 'number') bad('key must be a text or a number');
  if (!isValue(value)) return bad('value must be null, a text, a number, true, false or a list of these');
  if (outcome !== 'ok' && outcome !== 'fail' && outcome !== 'unknown')
    return bad('outcome must be ok, fail or unknown');
  if (typeof invoke !== 'number' || !Number.isFinite(invoke)) return bad('invoke must be a number (a time)');
  if (returned !== null && (typeof returned !== 'number' || !Number.isFinite(returned)))
    return bad('return must be a number (a time) or null for never');
  if (returned !== null && (returned as number) < invoke) return bad('return is before invoke');
  if (outcome === 'ok' && returned === null)
    return bad('an operation whose outcome is ok has returned: give its time, or call the outcome unknown');
  const wrong = model.wrong(f, value);
  if (wrong !== undefined) return bad(wrong);
  return {
    op: number,
    process: String(process),
    f,
    key: String(key),
    value,
    outcome: outcome as Outcome,
    invoke,
    return: returned as number | null,
  };
}

function isValue(value: unknown): value is Value {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true;
  return Array.isArray(value) && value.every(isValue);
}
