import type { types } from '@slack/bolt';
import type { Block, Field, Form, Option } from '../../src/chat.ts';
import { clip, LIMITS } from './limits.ts';
import { escaped, fenced, mrkdwn, split } from './mrkdwn.ts';

/** The core's blocks as Block Kit. Pictures and files are named by what `pictures` knows of them. */

type SlackBlock = types.KnownBlock;
type ImageBlock = Extract<Block, { kind: 'image' }>;
type Buttons = Extract<Block, { kind: 'buttons' }>;
type Select = Extract<Block, { kind: 'select' }>;

/** A picture's file id once it is uploaded; undefined where it cannot be shown and its words stand in. */
export type Pictures = (picture: ImageBlock) => string | undefined;

/** One message as Slack takes it: `text` is what notifications and screen readers read. */
export interface Message {
  readonly text: string;
  readonly blocks: SlackBlock[];
}

/** What Slack shows for the buttons the adapter itself adds, and what their ids begin with. */
export const OWN = {
  /** a select of several reports every tick: it is kept until its button is pressed */
  hold: 'slack.hold:',
  send: 'slack.send:',
  /** a button on App Home that types a command */
  command: 'slack.command:',
} as const;

/** Slack wants every action id once in a message; a second one of the same action carries a number. */
const REPEATED = /~\d+$/;
export const actionOf = (id: string) => id.replace(REPEATED, '');

const encodeBlock: {
  readonly [K in Block['kind']]: (block: Extract<Block, { kind: K }>, pictures: Pictures) => SlackBlock[];
} = {
  text: (b) => mrkdwn(b.markdown).map(section),
  heading: (b) => heading(b.text),
  code: (b) => fenced(b.source).map(section),
  image: (b, pictures) => image(b, pictures(b)),
  file: (b) => contexts(`📎 ${b.title ?? b.name}`),
  buttons: (b) => buttons(b),
  select: (b) => (b.max !== undefined && b.max > 1 ? selectSeveral(b) : [selectOne(b)]),
  aside: (b) => mrkdwn(b.markdown, LIMITS.contextText).map(context),
};

export type Encode = (blocks: readonly Block[], pictures: Pictures) => SlackBlock[];

/** Slack has one command, `/quorum`: what the core names `/quiz` is written as it is typed here. */
export function encoder(commands: readonly string[]): Encode {
  if (commands.length === 0) return encode;
  const named = new RegExp(`\`/(?=(?:${commands.join('|')})[ \`])`, 'g');
  const typed = (block: Block): Block =>
    block.kind === 'text' || block.kind === 'aside'
      ? { ...block, markdown: block.markdown.replace(named, '`/quorum ') }
      : block;
  return (blocks, pictures) => encode(blocks.map(typed), pictures);
}

export function encode(blocks: readonly Block[], pictures: Pictures): SlackBlock[] {
  const encodeOne = <K extends Block['kind']>(block: Extract<Block, { kind: K }>) =>
    encodeBlock[block.kind as K](block, pictures);
  return blocks.flatMap((block) => encodeOne(block));
}

/** As few messages as hold all blocks; at least one. */
export function messages(blocks: readonly SlackBlock[]): Message[] {
  const parts: SlackBlock[][] = [[]];
  let room: number = LIMITS.messageWords;
  for (const unit of units(blocks)) {
    const length = unit.reduce((sum, block) => sum + lengthOf(block), 0);
    const last = parts.at(-1)!;
    if (last.length > 0 && (last.length + unit.length > LIMITS.blocks || length > room)) {
      parts.push([]);
      room = LIMITS.messageWords;
    }
    parts.at(-1)!.push(...unit);
    room -= length;
  }
  return parts.map((part) => ({ text: fallback(part), blocks: numbered(part) }));
}

/** A select of several and its button work within one message alone. */
function units(blocks: readonly SlackBlock[]): SlackBlock[][] {
  const out: SlackBlock[][] = [];
  for (const block of blocks) {
    const before = out.at(-1);
    if (block.type === 'actions' && before?.at(-1)?.type === 'input') before.push(block);
    else out.push([block]);
  }
  return out;
}

/** A form as a modal; `metadata` comes back with it when it is handed in. */
export function modal(form: Form, metadata: string): types.ModalView {
  return {
    type: 'modal',
    callback_id: form.action,
    title: plainText(form.title, LIMITS.modalTitle),
    submit: plainText(form.submit ?? 'Send', LIMITS.modalButton),
    close: plainText('Cancel', LIMITS.modalButton),
    private_metadata: metadata,
    blocks: [
      ...(form.title.length > LIMITS.modalTitle ? [section(`*${escaped(form.title)}*`)] : []),
      ...form.fields.map(field),
    ],
  };
}

export function home(blocks: readonly SlackBlock[]): types.HomeView {
  return { type: 'home', blocks: numbered(blocks.slice(0, LIMITS.viewBlocks)) };
}

export function section(words: string): types.SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: words, verbatim: true } };
}

function context(words: string): types.ContextBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text: words, verbatim: true }] };
}

/** Plain words, small and grey. */
function contexts(words: string): types.ContextBlock[] {
  return split(escaped(words), LIMITS.contextText)
    .filter((part) => part.trim() !== '')
    .map(context);
}

export function heading(words: string): SlackBlock[] {
  if (words.trim() === '') return [];
  return words.length <= LIMITS.header
    ? [{ type: 'header', text: { type: 'plain_text', text: words } }]
    : split(escaped(words), LIMITS.section).map(section);
}

function image(picture: ImageBlock, file: string | undefined): SlackBlock[] {
  if (file === undefined) {
    const words = `*${escaped(picture.title ?? 'Picture')}*\n${escaped(picture.alt)}`;
    return split(words, LIMITS.section).map(section);
  }
  return [
    {
      type: 'image',
      slack_file: { id: file },
      alt_text: clip(picture.alt, LIMITS.altText) || picture.name,
      ...(picture.title && { title: plainText(picture.title, LIMITS.imageTitle) }),
    },
  ];
}

function buttons(block: Buttons): SlackBlock[] {
  const out: SlackBlock[] = [];
  const live = block.buttons.filter((b) => !b.disabled);
  for (let i = 0; i < live.length; i += LIMITS.buttons)
    out.push({
      type: 'actions',
      elements: live.slice(i, i + LIMITS.buttons).map((b) => ({
        type: 'button',
        action_id: b.action,
        text: plainText(b.label, LIMITS.buttonText),
        ...(b.style && { style: b.style }),
      })),
    });
  // Slack has no disabled buttons: what cannot be pressed stands as small grey words.
  const dead = block.buttons.filter((b) => b.disabled).map((b) => clip(b.label, LIMITS.buttonText));
  return [...out, ...contexts(dead.join('  ·  '))];
}

function selectOne(block: Select): SlackBlock {
  return {
    type: 'actions',
    elements: [
      {
        type: 'static_select',
        action_id: block.action,
        placeholder: plainText(block.placeholder, LIMITS.placeholder),
        ...choices(block.options),
      },
    ],
  };
}

function selectSeveral(block: Select): SlackBlock[] {
  return [
    {
      type: 'input',
      block_id: OWN.hold + block.action,
      optional: true,
      label: plainText(block.placeholder, LIMITS.label),
      element: {
        type: 'multi_static_select',
        action_id: OWN.hold + block.action,
        placeholder: plainText(block.placeholder, LIMITS.placeholder),
        max_selected_items: Math.min(block.max ?? block.options.length, block.options.length),
        ...choices(block.options),
      },
    },
    {
      type: 'actions',
      elements: [
        {
          type: 'button',
          action_id: OWN.send + block.action,
          text: plainText('Send', LIMITS.buttonText),
          style: 'primary',
        },
      ],
    },
  ];
}

/** More options than a select takes are shown in groups, named by their place in the list. */
function choices(
  options: readonly Option[],
):
  | { options: types.PlainTextOption[] }
  | { option_groups: { label: types.PlainTextElement; options: types.PlainTextOption[] }[] } {
  const all = options.map(option);
  if (all.length <= LIMITS.options) return { options: all };
  const groups = [];
  for (let i = 0; i < all.length && groups.length < LIMITS.optionGroups; i += LIMITS.options)
    groups.push({
      label: plainText(`${i + 1} to ${Math.min(i + LIMITS.options, all.length)}`, LIMITS.optionText),
      options: all.slice(i, i + LIMITS.options),
    });
  return { option_groups: groups };
}

function option(o: Option): types.PlainTextOption {
  return {
    text: plainText(o.label, LIMITS.optionText),
    value: o.value,
    ...(o.description && { description: plainText(o.description, LIMITS.optionDescription) }),
  };
}

function field(f: Field): types.InputBlock {
  const input = {
    type: 'input',
    block_id: f.name,
    label: plainText(f.label, LIMITS.label),
    optional: !f.required,
    ...(f.hint && { hint: plainText(f.hint, LIMITS.hint) }),
  } as const;
  switch (f.kind) {
    case 'line':
    case 'paragraph':
      return {
        ...input,
        element: {
          type: 'plain_text_input',
          action_id: f.name,
          multiline: f.kind === 'paragraph',
          max_length: Math.min(f.maxLength ?? LIMITS.input, LIMITS.input),
          ...(f.value && { initial_value: f.value.slice(0, LIMITS.input) }),
        },
      };
    case 'one': {
      const chosen = f.options.find((o) => f.value?.includes(o.value));
      return {
        ...input,
        element: {
          type: 'static_select',
          action_id: f.name,
          ...choices(f.options),
          ...(chosen && { initial_option: option(chosen) }),
        },
      };
    }
    case 'several': {
      const chosen = f.options.filter((o) => f.value?.includes(o.value));
      return {
        ...input,
        element: {
          type: 'multi_static_select',
          action_id: f.name,
          ...choices(f.options),
          ...(chosen.length > 0 && { initial_options: chosen.map(option) }),
        },
      };
    }
  }
}

function plainText(words: string, length: number): types.PlainTextElement {
  return { type: 'plain_text', text: clip(words, length) || '–' };
}

/** The same blocks with every action id once. */
function numbered(blocks: readonly SlackBlock[]): SlackBlock[] {
  const seen = new Map<string, number>();
  const once = (id: string) => {
    const times = (seen.get(id) ?? 0) + 1;
    seen.set(id, times);
    return times === 1 ? id : `${id}~${times}`;
  };
  return blocks.map((block) => {
    if (block.type === 'actions')
      return {
        ...block,
        elements: block.elements.map((e) =>
          e.action_id === undefined ? e : { ...e, action_id: once(e.action_id) },
        ),
      };
    if (block.type === 'input' && block.block_id !== undefined)
      return { ...block, block_id: once(block.block_id) };
    return block;
  });
}

function wordsOf(block: SlackBlock): string {
  switch (block.type) {
    case 'section':
      return block.text?.text ?? '';
    case 'header':
      return escaped(block.text.text);
    case 'context':
      return block.elements.map((e) => ('text' in e ? e.text : '')).join(' ');
    case 'image':
      return escaped(block.alt_text);
    default:
      return '';
  }
}

const lengthOf = (block: SlackBlock) =>
  block.type === 'actions' || block.type === 'input' ? JSON.stringify(block).length : wordsOf(block).length;

function fallback(blocks: readonly SlackBlock[]): string {
  const words = blocks
    .map(wordsOf)
    .filter((w) => w !== '')
    .join('\n\n');
  return split(words, LIMITS.fallback)[0] || 'Quorum';
}
