import { z } from 'zod';
import type { CommandSpec, OptionSpec } from '../chat.ts';
import { nearest } from '../sim/words.ts';
import { type Command, type Input, Refusal } from './command.ts';

/**
 * From a command's zod input: what Discord registers, what Slack and the page type, and what is said when it does
 * not fit. `.meta()` of an option may hold `chat: 'file' | 'channel' | 'member'`, `completes: true` (ask the
 * command while the person types), `rest: true` (takes whatever words are left, such as `nodes=5 loss=0.1`) and
 * `phrase: true` (named, it takes the bare words behind it too: `days=mon wed fri`).
 */
interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly chat?: 'file' | 'channel' | 'member';
  readonly completes?: boolean;
  readonly rest?: boolean;
  readonly phrase?: boolean;
  readonly default?: unknown;
}

type Typed = OptionSpec & { readonly rest: boolean; readonly phrase: boolean };

const cache = new WeakMap<Input, readonly Typed[]>();

export function optionsOf(input: Input): readonly Typed[] {
  let options = cache.get(input);
  if (options === undefined) {
    const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as {
      properties?: Record<string, Property>;
      required?: readonly string[];
    };
    options = Object.entries(schema.properties ?? {}).map(([name, p]) => {
      const choices = p.enum?.map(String);
      const type =
        p.chat ?? (p.type === 'integer' || p.type === 'number' || p.type === 'boolean' ? p.type : 'string');
      return {
        name,
        summary: p.description ?? name,
        type,
        required: schema.required?.includes(name) ?? false,
        ...(isLimit(p.minimum) && { min: p.minimum }),
        ...(isLimit(p.maximum) && { max: p.maximum }),
        ...(choices && choices.length <= 25 && { choices }),
        completes: p.completes ?? (choices !== undefined && choices.length > 25),
        rest: p.rest ?? false,
        phrase: p.phrase ?? false,
      };
    });
    cache.set(input, options);
  }
  return options;
}

/** zod writes the safe-integer bounds where none were given; they tell a person nothing */
const isLimit = (value: number | undefined): value is number =>
  value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;

export function specOf(command: Command): CommandSpec {
  const bare = (input: Input | undefined): OptionSpec[] =>
    input ? optionsOf(input).map(({ rest: _, phrase: __, ...option }) => option) : [];
  return {
    name: command.name,
    summary: command.summary,
    options: command.verbs ? [] : bare(command.input),
    ...(command.verbs && {
      verbs: Object.entries(command.verbs).map(([name, verb]) => ({
        name,
        summary: verb.summary,
        options: bare(verb.input),
      })),
    }),
  };
}

/** `/simulate scenario [preset] [seed] …` as it is typed. */
export function usage(name: string, input: Input | undefined): string {
  const options = input ? optionsOf(input) : [];
  return [`/${name}`, ...options.map((o) => (o.required ? o.name : `[${o.name}]`))].join(' ');
}

/** `9 am` is one word */
const TIME_OF_DAY = /(\b\d{1,2}(?:[:.]\d{2})?) +([ap]m)\b/gi;

/** Words of a line; quotes keep blanks together, also after `name=`. */
export function words(line: string): string[] {
  const found: string[] = [];
  for (const match of line
    .replace(TIME_OF_DAY, '$1$2')
    .matchAll(/(?:[^\s"“”']+|"[^"]*"|“[^”]*”|'[^']*'|["“”'])+/g))
    found.push(match[0].replace(/^(\w+=)?["“'](.*)["”']$/s, '$1$2'));
  return found;
}

/** Reads a typed line into named options. Throws Refusal. */
export function readLine(line: string, name: string, input: Input): Record<string, string> {
  const options = optionsOf(input);
  const rest = options.find((o) => o.rest);
  const values: Record<string, string> = {};
  const left: string[] = [];
  const typed: string[] = [];
  let open: string | undefined;
  for (const word of words(line)) {
    const equals = word.indexOf('=');
    const key = equals > 0 ? word.slice(0, equals).toLowerCase() : '';
    const option = options.find((o) => o.name === key);
    if (option) {
      if (values[option.name] !== undefined && !option.rest)
        throw new Refusal(`${option.name} is given twice. Usage: \`${usage(name, input)}\``);
      const value = word.slice(equals + 1);
      values[option.name] = option.rest && values[option.name] ? `${values[option.name]} ${value}` : value;
      open = option.phrase && value !== '' ? option.name : undefined;
    } else if (equals > 0 && rest) left.push(word);
    else if (equals > 0 && /^[a-z_]+$/i.test(key)) {
      const hint = nearest(
        key,
        options.map((o) => o.name),
      );
      throw new Refusal(
        `/${name} has no option \`${key.slice(0, 40)}\`${hint ? `; did you mean \`${hint}=\`?` : '.'} Usage: \`${usage(name, input)}\``,
      );
    } else {
      const flag = options.find((o) => o.type === 'boolean' && o.name === word.toLowerCase());
      if (flag) values[flag.name] = 'on';
      else if (open !== undefined) values[open] = `${values[open]} ${word}`;
      else typed.push(word);
    }
  }
  for (const option of options) {
    if (typed.length === 0) break;
    if (
      option.rest ||
      option.type === 'boolean' ||
      option.type === 'file' ||
      values[option.name] !== undefined
    )
      continue;
    values[option.name] = typed.shift()!;
  }
  if (rest) {
    const more = [...(values[rest.name] ? [values[rest.name]!] : []), ...left, ...typed.splice(0)];
    if (more.length > 0) values[rest.name] = more.join(' ');
  }
  if (typed.length > 0)
    throw new Refusal(
      `I do not know what to do with \`${typed.join(' ').slice(0, 60)}\`. Usage: \`${usage(name, input)}\``,
    );
  return values;
}

/** Checks options by the command's own zod input. Throws Refusal in words for the person who typed it. */
export function parseOptions(
  given: Readonly<Record<string, string | number | boolean>>,
  name: string,
  input: Input,
  examples: readonly string[] = [],
): unknown {
  const options = optionsOf(input);
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const option = options.find((o) => o.name === key);
    if (!option) {
      const hint = nearest(
        key,
        options.map((o) => o.name),
      );
      throw new Refusal(
        `/${name} has no option \`${key.slice(0, 40)}\`${hint ? `; did you mean \`${hint}\`?` : '.'}`,
      );
    }
    values[key] = typeof value === 'string' ? fromText(value, option) : value;
  }
  const parsed = input.safeParse(values);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const option = options.find((o) => o.name === issue.path[0]);
  const example = examples[0] ? ` Try \`${examples[0]}\`.` : ` Usage: \`${usage(name, input)}\``;
  if (!option) throw new Refusal(`${issue.message}.${example}`);
  const value = values[option.name];
  if (value === undefined)
    throw new Refusal(`${option.name} is missing: ${lower(option.summary)}.${example}`);
  throw new Refusal(
    `${option.name} must be ${accepted(option, issue)}; got \`${String(value).slice(0, 40)}\`.${hinted(option, value)}${example}`,
  );
}

function fromText(value: string, option: OptionSpec): unknown {
  if (option.type === 'boolean') {
    if (/^(on|true|yes|1)$/i.test(value)) return true;
    if (/^(off|false|no|0)$/i.test(value)) return false;
  }
  if (
    (option.type === 'integer' || option.type === 'number') &&
    value.trim() !== '' &&
    Number.isFinite(Number(value))
  )
    return Number(value);
  return value;
}

function accepted(option: OptionSpec, issue: z.core.$ZodIssue): string {
  if (option.choices) return `one of ${option.choices.join(', ')}`;
  if (option.type === 'boolean') return 'on or off';
  if (option.type !== 'integer' && option.type !== 'number')
    return lower(issue.message).replace(/^must be /, '');
  const range =
    option.min !== undefined && option.max !== undefined
      ? ` from ${option.min} to ${option.max}`
      : option.min !== undefined
        ? `, ${option.min} or more`
        : option.max !== undefined
          ? `, at most ${option.max}`
          : '';
  return `${option.type === 'integer' ? 'a whole number' : 'a number'}${range}`;
}

function hinted(option: OptionSpec, value: unknown): string {
  const hint = option.choices && nearest(String(value), option.choices);
  return hint ? ` Did you mean ${hint}?` : '';
}

const lower = (words: string) => words.charAt(0).toLowerCase() + words.slice(1).replace(/\.$/, '');
