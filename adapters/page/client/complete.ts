import type { CommandSpec, OptionSpec } from '../../../src/chat.ts';
import type { CompletionQuery } from '../wire.ts';

/**
 * What could follow what was typed: pure, from the commands' definitions. The server is asked only for values that
 * the definitions do not hold.
 */
export interface Advice {
  /** usage of the command being typed */
  readonly hint?: Hint;
  /** the part of the text a suggestion replaces */
  readonly from: number;
  readonly to: number;
  readonly suggestions: readonly Suggestion[];
  /** values to ask the server for */
  readonly ask?: Omit<CompletionQuery, 'channel' | 'thread'>;
}

export interface Suggestion {
  readonly insert: string;
  readonly label: string;
  readonly detail?: string;
  /** the rest of a word that has begun: Enter takes it. Anything else is only taken when chosen. */
  readonly sure: boolean;
}

export interface Hint {
  readonly name: string;
  readonly verb?: string;
  readonly options: readonly { readonly option: OptionSpec; readonly state: 'given' | 'now' | 'open' }[];
  /** what the place under the caret takes */
  readonly now: string;
}

const NONE: Advice = { from: 0, to: 0, suggestions: [] };
const MOST = 12;

export function advise(text: string, caret: number, commands: readonly CommandSpec[]): Advice {
  const head = text.slice(0, caret);
  if (!head.startsWith('/') || head.includes('\n')) return NONE;
  const name = /^\/(\S*)/.exec(head)![1]!;
  if (head.length === name.length + 1)
    return {
      from: 0,
      to: caret,
      suggestions: matching(
        name,
        commands.map((c) => ({ insert: `/${c.name} `, label: `/${c.name}`, key: c.name, detail: c.summary })),
      ),
    };
  const command = commands.find((c) => c.name === name.toLowerCase());
  if (!command) return NONE;
  const typed = tokens(head, name.length + 1);
  if (!command.verbs) return values(command.name, undefined, command.options, typed, caret);
  const [first, ...rest] = typed;
  const verb = rest.length > 0 ? command.verbs.find((v) => v.name === first!.word) : undefined;
  if (verb) return values(command.name, verb.name, verb.options, rest, caret);
  if (rest.length > 0) return NONE;
  return {
    hint: { name: command.name, options: [], now: `one of ${command.verbs.map((v) => v.name).join(', ')}` },
    from: first!.at,
    to: caret,
    suggestions: matching(
      first!.word,
      command.verbs.map((v) => ({ insert: `${v.name} `, label: v.name, key: v.name, detail: v.summary })),
    ),
  };
}

interface Token {
  readonly word: string;
  readonly at: number;
}

/** Words with their places; the last one is the one under the caret, empty after a blank. */
function tokens(head: string, start: number): readonly Token[] {
  const found: Token[] = [];
  for (const match of head.slice(start).matchAll(/(?:[^\s"']|"[^"]*"?|'[^']*'?)+/g))
    found.push({ word: match[0], at: start + match.index });
  const last = found.at(-1);
  if (!last || last.at + last.word.length < head.length) found.push({ word: '', at: head.length });
  return found;
}

function values(
  name: string,
  sub: string | undefined,
  options: readonly OptionSpec[],
  typed: readonly Token[],
  caret: number,
): Advice {
  const given: Record<string, string> = {};
  const positional = () =>
    options.find((o) => given[o.name] === undefined && o.type !== 'boolean' && o.type !== 'file');
  const now = typed.at(-1)!;
  for (const { word } of typed.slice(0, -1)) {
    const [key, value] = named(word, options);
    if (key) given[key.name] = value;
    else {
      const flag = options.find((o) => o.type === 'boolean' && o.name === word.toLowerCase());
      const option = flag ?? positional();
      if (option) given[option.name] = flag ? 'on' : bare(word);
    }
  }
  const [key, begun] = named(now.word, options);
  const option = key ?? positional();
  const from = key ? now.at + key.name.length + 1 : now.at;
  const part = bare(key ? begun : now.word);
  const left = options.filter((o) => given[o.name] === undefined && o !== key);
  const choices = option ? choicesOf(option) : [];
  const suggestions = [
    ...matching(
      part,
      choices.map((c) => ({ insert: `${quoted(c)} `, label: c, key: c, detail: undefined })),
    ),
    ...(key
      ? []
      : matching(
          part,
          left
            .filter((o) => o !== option || o.completes)
            .map((o) => ({ insert: `${o.name}=`, label: `${o.name}=`, key: o.name, detail: o.summary })),
          // a free word may well begin like an option's name
        ).map((s) => ({ ...s, sure: false }))),
  ];
  const shown = (o: OptionSpec) =>
    o === option ? ('now' as const) : given[o.name] !== undefined ? ('given' as const) : ('open' as const);
  return {
    hint: {
      name,
      ...(sub !== undefined && { verb: sub }),
      options: options.map((o) => ({ option: o, state: shown(o) })),
      now: option ? `${option.name}: ${kindOf(option)}. ${option.summary}` : '',
    },
    from,
    to: caret,
    suggestions: suggestions.slice(0, MOST),
    ...(option?.completes && {
      ask: { name, option: option.name, typed: part, given, ...(sub !== undefined && { sub }) },
    }),
  };
}

function named(word: string, options: readonly OptionSpec[]): readonly [OptionSpec | undefined, string] {
  const equals = word.indexOf('=');
  const option = equals > 0 ? options.find((o) => o.name === word.slice(0, equals).toLowerCase()) : undefined;
  return [option, option ? word.slice(equals + 1) : ''];
}

const bare = (word: string) => word.replace(/^(["'])(.*?)\1?$/s, '$2');
export const quoted = (value: string) => (/\s/.test(value) ? `"${value.replaceAll('"', '')}"` : value);

const choicesOf = (option: OptionSpec) =>
  option.type === 'boolean' ? ['on', 'off'] : (option.choices ?? []);

/** What an option takes, in words. */
export function kindOf(option: OptionSpec): string {
  const range =
    option.min !== undefined && option.max !== undefined
      ? `, ${option.min} to ${option.max}`
      : option.min !== undefined
        ? `, ${option.min} or more`
        : option.max !== undefined
          ? `, at most ${option.max}`
          : '';
  const kind = option.choices
    ? 'one of the list'
    : {
        integer: 'whole number',
        number: 'number',
        boolean: 'on or off',
        file: 'a file',
        string: 'words',
        channel: 'a channel',
        member: 'a person',
      }[option.type];
  return `${kind}${range}${option.required ? '' : ', optional'}`;
}

interface Candidate extends Omit<Suggestion, 'sure'> {
  readonly key: string;
}

/** What begins like the word, then what holds it. Nothing when the word is already one of them. */
function matching(word: string, all: readonly Candidate[]): Suggestion[] {
  const typed = word.toLowerCase();
  if (typed !== '' && all.some((c) => c.key.toLowerCase() === typed)) return [];
  const rank = (c: Candidate) => (c.key.toLowerCase().startsWith(typed) ? 0 : 1);
  return all
    .filter((c) => c.key.toLowerCase().includes(typed))
    .sort((a, b) => rank(a) - rank(b))
    .map(({ key: _, ...c }) => ({
      ...c,
      sure: typed !== '' && c.label.replace(/^\//, '').toLowerCase().startsWith(typed),
    }));
}
