import { createHash } from 'node:crypto';
import {
  type APIApplicationCommandOptionChoice,
  type APILabelComponent,
  type APIMessageTopLevelComponent,
  type APIModalInteractionResponseCallbackData,
  ButtonStyle,
  ComponentType,
  type RawFile,
  type RESTAPIAttachment,
  TextInputStyle,
} from 'discord.js';
import type { Block, Button, Field, Form, Option } from '../../src/chat.ts';
import { aside } from '../../src/chat.ts';
import { LIMITS } from './limits.ts';
import { pages, shorten } from './text.ts';

/** One Discord message: its JSON and the files that go with it. */
export interface Part {
  readonly body: {
    readonly content: string;
    readonly components: APIMessageTopLevelComponent[];
    /** always there: on an edit it also says which files stay (none) */
    readonly attachments: RESTAPIAttachment[];
    readonly allowed_mentions: { readonly parse: [] };
  };
  readonly files: RawFile[];
}

export interface Encoded {
  readonly parts: readonly Part[];
  /** the part that carries pictures and buttons: the one to edit, to thread under, to find again */
  readonly main: number;
}

type Row = Extract<APIMessageTopLevelComponent, { type: ComponentType.ActionRow }>;

/**
 * A reply as Discord messages: one as a rule, more when it is too long for one. Pictures and buttons stand under the
 * last words of a new reply; when a message is changed in place they stay with that message (`extras: 'first'`).
 *
 * `marker` is kept so that history can be searched for it: a nonce is forgotten by Discord within minutes and is not
 * in the history, so it rides on the first button's or select's custom_id, else in small print.
 */
export function encode(
  blocks: readonly Block[],
  how: { readonly extras: 'first' | 'last'; readonly marker?: string },
): Encoded {
  const mark: Mark = { left: how.marker };
  const { files, tooLarge } = filesOf(blocks);
  const rowGroups = rowsOf(blocks, mark);
  const words = [...blocks, ...tooLarge];
  if (mark.left !== undefined) words.push(aside(`ref \`${mark.left}\``));
  const texts = pages(words);
  const fileGroups = chunk(files, LIMITS.files);

  const extras = Array.from({ length: Math.max(rowGroups.length, fileGroups.length) }, (_, i) => ({
    rows: rowGroups[i] ?? [],
    files: fileGroups[i] ?? [],
  }));
  const bare = texts.map((content) => part(content, [], []));
  if (extras.length === 0) return { parts: bare, main: how.extras === 'first' ? 0 : bare.length - 1 };
  const main = how.extras === 'first' || texts.length === 0 ? 0 : texts.length - 1;
  const parts = texts.length === 0 ? [part('', [], [])] : bare;
  const carrier = extras.shift()!;
  parts[main] = part(texts[main] ?? '', carrier.rows, carrier.files);
  return { parts: [...parts, ...extras.map((e) => part('', e.rows, e.files))], main };
}

interface OutFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mime?: string;
  readonly alt?: string;
}

const part = (content: string, components: Row[], files: readonly OutFile[]): Part => ({
  body: {
    content,
    components,
    attachments: files.map((f, i) => ({
      id: String(i),
      filename: f.name,
      description: f.alt === undefined ? undefined : shorten(f.alt, LIMITS.altText),
    })),
    allowed_mentions: { parse: [] },
  },
  files: files.map((f) => ({ name: f.name, data: Buffer.from(f.bytes), contentType: f.mime })),
});

function filesOf(blocks: readonly Block[]): { files: OutFile[]; tooLarge: Block[] } {
  const files: OutFile[] = [];
  const tooLarge: Block[] = [];
  for (const b of blocks) {
    if (b.kind !== 'image' && b.kind !== 'file') continue;
    if (b.bytes.length > LIMITS.fileBytes) {
      const mb = (n: number) => (n / 1024 / 1024).toFixed(1);
      tooLarge.push(
        aside(`${b.name} has ${mb(b.bytes.length)} MB; Discord takes ${mb(LIMITS.fileBytes)} at most.`),
      );
    } else {
      files.push(
        b.kind === 'image'
          ? { name: b.name, bytes: b.bytes, mime: b.mime, alt: b.alt }
          : { name: b.name, bytes: b.bytes },
      );
    }
  }
  return { files, tooLarge };
}

interface Mark {
  left: string | undefined;
}

/** Action rows, at most five a message; within one message every custom_id is used once. */
function rowsOf(blocks: readonly Block[], mark: Mark): Row[][] {
  const messages: Row[][] = [];
  let used = new Set<string>();
  const add = (make: (id: (action: string) => string) => Row) => {
    if (messages.length === 0 || messages.at(-1)!.length === LIMITS.rows) {
      messages.push([]);
      used = new Set();
    }
    messages.at(-1)!.push(
      make((action) => {
        const id = customId(action, used, mark.left);
        if (readCustomId(id).marker !== undefined) mark.left = undefined;
        used.add(id);
        return id;
      }),
    );
  };
  for (const b of blocks) {
    if (b.kind === 'buttons')
      for (const buttons of chunk(b.buttons, LIMITS.buttonsInRow))
        add((id) => ({
          type: ComponentType.ActionRow,
          components: buttons.map((x) => button(x, id(x.action))),
        }));
    if (b.kind === 'select') {
      const lists = chunk(b.options, LIMITS.options);
      for (const [i, options] of lists.entries()) {
        const which = lists.length === 1 ? '' : ` (${i + 1} of ${lists.length})`;
        add((id) => ({
          type: ComponentType.ActionRow,
          components: [
            {
              type: ComponentType.StringSelect,
              custom_id: id(b.action),
              placeholder: shorten(b.placeholder, LIMITS.placeholder - which.length) + which,
              options: options.map(option),
              min_values: Math.min(b.min ?? 1, options.length),
              max_values: Math.min(b.max ?? 1, options.length),
            },
          ],
        }));
      }
    }
  }
  return messages;
}

const STYLES = { primary: ButtonStyle.Primary, danger: ButtonStyle.Danger } as const;

const button = (b: Button, id: string) => ({
  type: ComponentType.Button as const,
  style: b.style ? STYLES[b.style] : (ButtonStyle.Secondary as const),
  label: shorten(b.label, LIMITS.buttonLabel),
  custom_id: id,
  disabled: b.disabled ?? false,
});

function option(o: Option) {
  if (o.value.length > LIMITS.optionWords)
    throw new Error(`an option's value is at most ${LIMITS.optionWords} characters: ${o.value}`);
  return {
    value: o.value,
    label: shorten(o.label, LIMITS.optionWords),
    description: o.description ? shorten(o.description, LIMITS.optionWords) : undefined,
  };
}

/** `action`, and where needed a tail: a number that tells twins apart and the marker. */
function customId(action: string, used: ReadonlySet<string>, marker: string | undefined): string {
  const candidates: string[] = [];
  const word = marker === undefined ? undefined : encodeURIComponent(marker).replaceAll('~', '%7E');
  for (let n = 0; n <= used.size; n++) {
    if (word !== undefined) candidates.push(`${action}~${n}~${word}`);
  }
  if (!TAIL.test(action)) candidates.push(action);
  for (let n = 0; n <= used.size; n++) candidates.push(`${action}~${n}~`);
  const id = candidates.find((c) => c.length <= LIMITS.customId && !used.has(c));
  if (id === undefined) throw new Error(`no room to tell two components apart: ${action}`);
  return id;
}

/** always two tildes, so that whatever stands before them is the action */
const TAIL = /~\d+~([^~]*)$/;

/** The action and marker a custom_id carries; the inverse of what `encode` wrote. */
export function readCustomId(id: string): { action: string; marker?: string } {
  const tail = TAIL.exec(id);
  if (!tail) return { action: id };
  const action = id.slice(0, tail.index);
  return tail[1] ? { action, marker: decodeURIComponent(tail[1]) } : { action };
}

/** Fields that take several choices come back as a list: the name says so, as in a web form. */
export const SEVERAL = '[]';

/** @throws Error where the form has more than Discord's five fields */
export function encodeForm(form: Form): APIModalInteractionResponseCallbackData {
  if (form.fields.length > LIMITS.formFields)
    throw new Error(`a form has at most ${LIMITS.formFields} fields on Discord: ${form.action}`);
  return {
    custom_id: customId(form.action, new Set(), undefined),
    title: shorten(form.title, LIMITS.formTitle),
    components: form.fields.map(field),
  };
}

function field(f: Field): APILabelComponent {
  const label = {
    type: ComponentType.Label as const,
    label: shorten(f.label, LIMITS.fieldLabel),
    description: f.hint ? shorten(f.hint, LIMITS.fieldHint) : undefined,
  };
  const required = f.required ?? false;
  if (!('options' in f)) {
    const max = Math.min(f.maxLength ?? LIMITS.fieldValue, LIMITS.fieldValue);
    return {
      ...label,
      component: {
        type: ComponentType.TextInput,
        custom_id: f.name,
        style: f.kind === 'line' ? TextInputStyle.Short : TextInputStyle.Paragraph,
        required,
        max_length: max,
        value: f.value ? f.value.slice(0, max) : undefined,
      },
    };
  }
  if (f.options.length > LIMITS.options)
    throw new Error(`a choice in a form has at most ${LIMITS.options} options on Discord: ${f.name}`);
  return {
    ...label,
    component: {
      type: ComponentType.StringSelect,
      custom_id: f.kind === 'several' ? f.name + SEVERAL : f.name,
      required,
      min_values: required ? 1 : 0,
      max_values: f.kind === 'several' ? f.options.length : 1,
      options: f.options.map((o) => ({ ...option(o), default: f.value?.includes(o.value) ?? false })),
    },
  };
}

/** Completions; a value Discord could not carry whole is left out rather than changed. */
export function encodeChoices(
  options: readonly Option[],
  numeric: boolean,
): APIApplicationCommandOptionChoice<string | number>[] {
  return options
    .filter((o) => (numeric ? Number.isFinite(Number(o.value)) : o.value.length <= LIMITS.choiceWords))
    .slice(0, LIMITS.choices)
    .map((o) => ({
      name: shorten(o.label, LIMITS.choiceWords),
      value: numeric ? Number(o.value) : o.value,
    }));
}

/** A nonce of one part of one post in one channel: the same post tried again has the same. */
export function nonce(channel: string, key: string, part: number): string {
  return createHash('sha256').update(`${channel}:${key}:${part}`).digest('hex').slice(0, LIMITS.nonce);
}

function chunk<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}
