import { createHash, createHmac } from 'node:crypto';
import MarkdownIt from 'markdown-it';
import { type Block, CHANNEL, MOMENT } from '../../src/chat.ts';
import type { PageHistory } from './history.ts';
import type { Marked, WireBlock, Words } from './wire.ts';

/** For whom blocks are written down, and where their pictures are kept. */
export interface Paper {
  readonly images: PageHistory['images'];
  /** makes the pictures' addresses unguessable */
  readonly secret: string;
  /** only this person may see them */
  readonly owner?: string;
  readonly at: number;
}

type Of<K extends Block['kind']> = Extract<Block, { kind: K }>;

const encodeBlock: { [K in Block['kind']]: (block: Of<K>, paper: Paper) => WireBlock } = {
  text: (b) => ({ kind: 'text', words: markup(b.markdown) }),
  aside: (b) => ({ kind: 'aside', words: markup(b.markdown) }),
  heading: (b) => ({ kind: 'heading', text: b.text }),
  code: (b) => ({ kind: 'code', source: b.source, ...(b.language && { language: b.language }) }),
  image: ({ name, bytes, mime, alt, title }, paper) => {
    const url = keep(name, bytes, mime, paper);
    return { kind: 'image', name, url, alt, ...(title && { title }), ...size(bytes) };
  },
  file: ({ name, bytes, title }, paper) => ({
    kind: 'file',
    name,
    url: keep(name, bytes, 'application/octet-stream', paper),
    size: bytes.length,
    ...(title && { title }),
  }),
  buttons: (b) => ({ kind: 'buttons', buttons: b.buttons }),
  select: (b) => ({ ...b }),
};

export const encode = (blocks: readonly Block[], paper: Paper): readonly WireBlock[] =>
  blocks.map((block) => (encodeBlock[block.kind] as (b: Block, p: Paper) => WireBlock)(block, paper));

/** What a person typed: the same small markup, line breaks as typed. */
export const said = (text: string): readonly WireBlock[] => [{ kind: 'text', words: markup(text) }];

/** The same picture for the same audience has one address, which cannot be computed without the secret. */
function keep(name: string, bytes: Uint8Array, mime: string, paper: Paper): string {
  const content = createHash('sha256').update(bytes).digest('hex');
  const key = createHmac('sha256', paper.secret)
    .update(`${paper.owner ?? '*'}\n${mime}\n${name}\n${content}`)
    .digest('base64url')
    .slice(0, 32);
  paper.images.put(key, { name, mime, bytes, at: paper.at, ...(paper.owner && { owner: paper.owner }) });
  return `/images/${key}`;
}

/** Width and height in pixels from a PNG's IHDR (PNG 3rd edition, 11.2.2) or a GIF's screen descriptor (GIF89a, 18). */
function size(bytes: Uint8Array): { width: number; height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 24 && view.getUint32(0) === 0x89504e47)
    return { width: view.getUint32(16), height: view.getUint32(20) };
  if (bytes.length >= 10 && view.getUint32(0) === 0x47494638)
    return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  return undefined;
}

const markdown = new MarkdownIt('zero', { html: false, breaks: true, linkify: true })
  .enable(['backticks', 'emphasis', 'strikethrough', 'link', 'escape', 'newline', 'linkify'])
  .enable(['list', 'blockquote', 'fence']);
// bare words such as `node.js` are no addresses
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
markdown.validateLink = (url: string) => /^https?:\/\//i.test(url);

type Token = ReturnType<typeof markdown.parse>[number];

const TAGS: Readonly<Record<string, Marked['tag']>> = {
  paragraph: 'p',
  strong: 'strong',
  em: 'em',
  s: 's',
  link: 'a',
  bullet_list: 'ul',
  ordered_list: 'ol',
  list_item: 'li',
  blockquote: 'blockquote',
};

/** Markdown as a tree of known tags: what is not markup stays words, and nothing is ever HTML. */
export function markup(source: string): readonly Words[] {
  return tree(markdown.parse(source, {}));
}

/** Words with the moments in them, which the reader's own browser writes out. */
function timed(words: string): Words[] {
  return words
    .split(new RegExp(MOMENT))
    .map(
      (part, i): Words =>
        i % 2 === 0 ? part.replace(new RegExp(CHANNEL, 'g'), '#$1') : { tag: 'time', at: Number(part) },
    )
    .filter((part) => part !== '');
}

function tree(tokens: readonly Token[]): Words[] {
  const root: Words[] = [];
  const open: { has: Words[] }[] = [{ has: root }];
  const add = (words: Words) => open.at(-1)!.has.push(words);
  for (const token of tokens) {
    const tag = TAGS[token.type.replace(/_(open|close)$/, '')];
    if (token.nesting === 1 && tag) {
      // a tight list's items hold their words without a paragraph
      const has = token.hidden ? open.at(-1)!.has : [];
      const href = token.attrGet('href');
      const start = token.attrGet('start');
      if (!token.hidden)
        add({ tag, has, ...(href && { href: String(href) }), ...(start && { start: Number(start) }) });
      open.push({ has });
    } else if (token.nesting === -1 && tag) open.pop();
    else if (token.type === 'inline') for (const words of tree(token.children ?? [])) add(words);
    else if (token.type === 'softbreak' || token.type === 'hardbreak') add({ tag: 'br' });
    else if (token.type === 'code_inline') add({ tag: 'code', has: [token.content] });
    else if (token.type === 'fence') add({ tag: 'pre', has: [token.content.replace(/\n$/, '')] });
    else if (token.content) for (const words of timed(token.content)) add(words);
  }
  return root;
}
