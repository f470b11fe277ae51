/**
 * Reads `questions/<topic>/<id>.md`: a YAML header, the prompt, what is asked, `## Explanation`.
 *
 *     choice, multi   - [x] right :: why it is right          - [ ] wrong :: the misconception behind it
 *     order           1. first   2. second   3. third         in the right order
 *     number          answer: 287 ms ± 10 %                   the tolerance in % of the value or in its unit
 *     text            - must: | - should: | - trap: …  (also: other wording; another)
 *                     - follow-up: a question on the point above it
 *
 * An item may go on over the following lines. Errors name file and line and say what would be accepted.
 */
import { isMap, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { nearest } from '../sim/words.ts';
import { kinds, LETTERS, type Level, type Option, type Point, type Question } from './question.ts';
import { parseRun, parseShow } from './recipe.ts';
import { parseAnswer } from './units.ts';

/** Something in a content file is not as it must be: one line, `questions/clocks/x.md:7: …`. */
export class ContentError extends Error {
  constructor(file: string, line: number, words: string) {
    super(`${file}:${line}: ${words}`);
  }
}

const ID = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const LONGEST_ID = 60;

const header = z.strictObject({
  id: z
    .string()
    .max(LONGEST_ID, `at most ${LONGEST_ID} characters`)
    .regex(ID, 'lower-case words joined by -, such as raft-split-vote'),
  topic: z.string().regex(ID, 'the name of the folder it lies in'),
  level: z.number('a whole number from 1 to 5').int().min(1).max(5),
  kind: z.enum(kinds, `one of ${kinds.join(', ')}`),
  run: z.string('a scenario and a preset, such as raft/figure-8 seed=3').optional(),
  shows: z.array(z.string(), 'a list of texts, each in quotes').default([]),
  sources: z.array(z.string(), 'a list of texts').min(1, 'at least one source'),
  replaces: z.string().regex(ID, 'the id of another question').optional(),
});

/** `file` is the path from the project's folder, used in errors. Throws ContentError. */
export function parseQuestion(source: string, file: string): Question {
  const lines = source.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trim() !== '---')
    throw new ContentError(file, 1, 'a question begins with --- and its header');
  const end = lines.findIndex((line, i) => i > 0 && line.trim() === '---');
  if (end < 0) throw new ContentError(file, 1, 'the header has no closing ---');
  const { head, lineOf } = readHeader(lines.slice(1, end).join('\n'), file);
  const at = <T>(field: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw new ContentError(file, lineOf(field), (error as Error).message);
    }
  };

  const explained = lines.findIndex((line, i) => i > end && /^##\s+explanation\s*$/i.test(line));
  const stop = explained < 0 ? lines.length : explained;
  const body = new Body(lines, end + 1, stop, file);
  const explanation =
    explained < 0
      ? ''
      : lines
          .slice(explained + 1)
          .join('\n')
          .trim();
  if (explanation === '' && head.kind !== 'text')
    throw new ContentError(
      file,
      lines.length,
      'a part `## Explanation` must follow: what to remember, and where it meets a service',
    );
  const common = {
    id: head.id,
    topic: head.topic,
    level: head.level as Level,
    explanation,
    sources: head.sources,
    shows: head.shows.map((show) => at('shows', () => parseShow(show))),
    file,
    ...(head.run !== undefined && { run: at('run', () => parseRun(head.run!)) }),
    ...(head.replaces !== undefined && { replaces: head.replaces }),
  };
  if (common.shows.length > 0 && head.run === undefined)
    throw new ContentError(file, lineOf('shows'), 'shows: says what a run must show, so run: must name one');

  switch (head.kind) {
    case 'choice':
    case 'multi': {
      const { prompt, items } = body.items(/^[-*]\s+\[([ xX])\]\s*/, '- [x] right :: why');
      const options = items.map((item) => readOption(item, file));
      const right = options.filter((o) => o.right).length;
      const wanted =
        head.kind === 'choice'
          ? right === 1 && options.length >= 3 && options.length <= 5
          : right >= 1 && right < options.length && options.length >= 3 && options.length <= 8;
      if (!wanted)
        throw new ContentError(
          file,
          items[0]!.line,
          `${head.kind === 'choice' ? 'a choice has 3 to 5 choices, exactly one with [x]' : 'multi has 3 to 8 choices, some but not all with [x]'}; here are ${options.length}, ${right} with [x]`,
        );
      distinct(
        options.map((o) => o.text),
        items,
        file,
      );
      return { ...common, kind: head.kind, prompt, options };
    }
    case 'order': {
      const { prompt, items } = body.items(/^\d+[.)]\s+/, '1. what comes first');
      if (items.length < 3 || items.length > LETTERS.length)
        throw new ContentError(
          file,
          items[0]!.line,
          `order needs 3 to ${LETTERS.length} numbered items in the right order; here are ${items.length}`,
        );
      const texts = items.map((item) => item.text);
      distinct(texts, items, file);
      return { ...common, kind: 'order', prompt, items: texts };
    }
    case 'number': {
      const { prompt, items } = body.items(/^answer:\s*/i, 'answer: 287 ms ± 10 %');
      if (items.length !== 1)
        throw new ContentError(file, items[1]!.line, 'a number has one line `answer: 287 ms ± 10 %`');
      return { ...common, kind: 'number', prompt, answer: readAnswer(items[0]!, file) };
    }
    case 'text': {
      const { prompt, items } = body.items(
        /^[-*]\s+(must|should|trap|follow-up):\s*/i,
        '- must: what has to be said',
      );
      const points = readPoints(items, file);
      const musts = points.filter((p) => p.weight === 'must').length;
      if (musts < 2)
        throw new ContentError(
          file,
          items[0]!.line,
          `a text needs at least 2 points \`- must:\`; here is ${musts === 0 ? 'none' : '1'}`,
        );
      return { ...common, kind: 'text', prompt, points };
    }
  }
}

function readHeader(yaml: string, file: string) {
  const counter = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: counter });
  // The header starts on the second line of the file.
  const fault = document.errors[0];
  if (fault !== undefined)
    throw new ContentError(
      file,
      counter.linePos(fault.pos[0]).line + 1,
      `the header is not YAML: ${fault.message.split('\n')[0]?.replace(/ at line .*$/, '')}`,
    );
  const lineOf = (field: string): number => {
    if (!isMap(document.contents)) return 2;
    const pair = document.contents.items.find((item) => String(item.key) === field);
    const range = (pair?.key as { range?: readonly [number, number, number] } | undefined)?.range;
    return range === undefined ? 2 : counter.linePos(range[0]).line + 1;
  };
  const parsed = header.safeParse(document.toJS() ?? {});
  if (parsed.success) return { head: parsed.data, lineOf };
  const { issues } = parsed.error;
  // A misspelt field is the better news where another is missing for that reason.
  const issue = issues.find((i) => i.code === 'unrecognized_keys') ?? issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const hint = nearest(key, Object.keys(header.shape));
    throw new ContentError(
      file,
      lineOf(key),
      `the header has no field ${key}${hint ? `; did you mean ${hint}?` : `: there are ${Object.keys(header.shape).join(', ')}`}`,
    );
  }
  const field = String(issue.path[0] ?? '');
  const missing = field !== '' && !document.has(field);
  throw new ContentError(
    file,
    lineOf(field),
    field === ''
      ? 'the header must be fields such as id: and topic:'
      : `${field}: ${missing ? 'is missing; it must be ' : 'must be '}${issue.message}`,
  );
}

interface Item {
  /** what the mark says: x, must, … */
  readonly mark: string;
  readonly text: string;
  readonly line: number;
}

/** The part between header and explanation. */
class Body {
  readonly #lines: readonly string[];
  readonly #from: number;
  readonly #to: number;
  readonly #file: string;

  constructor(lines: readonly string[], from: number, to: number, file: string) {
    this.#lines = lines;
    this.#from = from;
    this.#to = to;
    this.#file = file;
  }

  /** The last run of items, and the prompt before it: a prompt may hold lists of its own. */
  items(mark: RegExp, example: string): { prompt: string; items: [Item, ...Item[]] } {
    let items: Item[] = [];
    let start = this.#to;
    let open = false;
    let blank = false;
    let fenced = false;
    for (let i = this.#from; i < this.#to; i++) {
      const line = this.#lines[i]!;
      if (/^\s*```/.test(line)) fenced = !fenced;
      const found = fenced ? null : mark.exec(line);
      if (found) {
        if (!open) {
          items = [];
          start = i;
        }
        open = true;
        items.push({
          mark: (found[1] ?? '').toLowerCase(),
          text: line.slice(found[0].length).trim(),
          line: i + 1,
        });
      } else if (line.trim() === '') {
        blank = true;
        continue;
      } else if (open && (!blank || /^\s{2,}/.test(line))) {
        const last = items.pop()!;
        items.push({ ...last, text: `${last.text} ${line.trim()}` });
      } else open = false;
      blank = false;
    }
    const [first, ...more] = items;
    if (first === undefined)
      throw new ContentError(this.#file, this.#to, `what is asked is missing: lines such as \`${example}\``);
    if (!open) {
      const after = items.at(-1)!.line;
      throw new ContentError(
        this.#file,
        after + 1,
        `nothing may stand between the last \`${example.split(' ')[0]}\` line and ## Explanation`,
      );
    }
    const prompt = this.#lines.slice(this.#from, start).join('\n').trim();
    if (prompt === '') throw new ContentError(this.#file, start + 1, 'the prompt is missing before the list');
    return { prompt, items: [first, ...more] };
  }
}

function readOption(item: Item, file: string): Option {
  const split = item.text.indexOf(' :: ');
  const text = (split < 0 ? item.text : item.text.slice(0, split)).trim();
  const why = split < 0 ? '' : item.text.slice(split + 4).trim();
  if (text === '' || why === '')
    throw new ContentError(
      file,
      item.line,
      'each choice needs a reason after ` :: `: why it is right, or the misconception behind it',
    );
  return { text, right: item.mark === 'x', why };
}

function readAnswer(item: Item, file: string) {
  try {
    return parseAnswer(item.text);
  } catch (error) {
    throw new ContentError(file, item.line, (error as Error).message);
  }
}

function readPoints(items: readonly Item[], file: string): Point[] {
  const points: Point[] = [];
  for (const { mark, text, line } of items) {
    if (text === '') throw new ContentError(file, line, `- ${mark}: says nothing`);
    if (mark === 'follow-up') {
      const last = points.pop();
      if (last === undefined || last.followUp !== undefined)
        throw new ContentError(file, line, '- follow-up: belongs under a point, one to each');
      points.push({ ...last, followUp: text });
      continue;
    }
    const also = /\(also:([^)]*(?:\([^)]*\)[^)]*)*)\)\s*$/i.exec(text);
    points.push({
      weight: mark as Point['weight'],
      text: (also ? text.slice(0, also.index) : text).trim(),
      also: (also?.[1] ?? '')
        .split(';')
        .map((words) => words.trim())
        .filter((words) => words !== ''),
    });
  }
  return points;
}

function distinct(texts: readonly string[], items: readonly Item[], file: string): void {
  const twice = texts.findIndex((text, i) => texts.indexOf(text) !== i);
  if (twice >= 0) throw new ContentError(file, items[twice]!.line, `"${texts[twice]}" is listed twice`);
}
