import MarkdownIt, { type Token } from 'markdown-it';
import { CHANNEL, MOMENT, utc } from '../../src/chat.ts';
import { LIMITS } from './limits.ts';

/**
 * Markdown to Slack's own mark-up. https://docs.slack.dev/messaging/formatting-message-text
 *
 * Slack gives meaning to `<…>` (links and mentions) and `&…;` alone; both are impossible once `&`, `<` and `>` are
 * escaped. Every text object is also sent as `verbatim`, so that `@here` or `#general` in somebody's words stays words.
 */
const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true }).disable([
  'table',
  'heading',
  'lheading',
  'hr',
  'code',
  'reference',
  'image',
  'entity',
]);
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

/** `&`, `<` and `>` as entities: nothing of what is left is mark-up for a mention or link. */
export function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * What a person typed, as Slack delivers it, in plain words: entities decoded, links by their address, channels and
 * members by their id, as Discord's options give them.
 */
export function plainWords(delivered: string): string {
  return delivered
    .replace(/<([^<>]*)>/g, (_, inner: string) => {
      const [target = '', label] = inner.split('|', 2);
      if (/^[#@]/.test(target)) return target.slice(1);
      if (target.startsWith('!')) return label ?? target.replace(/^!/, '@');
      return label !== undefined && target === `http://${label}` ? label : target.replace(/^mailto:/, '');
    })
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** Markdown as mrkdwn, in pieces of at most `limit` characters; all words are in them, none is empty. */
export function mrkdwn(source: string, limit: number = LIMITS.section): string[] {
  const pieces: string[] = [];
  for (const part of render(markdown.parse(source, {}), 0)) {
    const last = pieces.at(-1);
    if (last !== undefined && last.length + 2 + part.length <= limit)
      pieces[pieces.length - 1] = `${last}\n\n${part}`;
    else pieces.push(...split(part, limit));
  }
  return pieces.filter((piece) => piece.trim() !== '');
}

/** Source in fenced pieces of at most `limit` characters. */
export function fenced(source: string, limit: number = LIMITS.section): string[] {
  // Three backquotes would end the fence; a zero-width space between them is not seen.
  const safe = escaped(source.replace(/\n$/, '')).replaceAll('```', '`\u200b`\u200b`');
  return split(safe, limit - 8).map((part) => `\`\`\`\n${part}\n\`\`\``);
}

/** Cut where it hurts least: between lines, else between words, never inside an entity or a link. */
export function split(words: string, limit: number): string[] {
  const pieces: string[] = [];
  let rest = words;
  while (rest.length > limit) {
    const head = rest.slice(0, limit + 1);
    const line = head.lastIndexOf('\n');
    const space = head.lastIndexOf(' ');
    const wanted = line > limit / 2 ? line : space > limit / 2 ? space : limit;
    const at = outside(rest, wanted);
    pieces.push(rest.slice(0, at));
    rest = /[\n ]/.test(rest[at] ?? '') ? rest.slice(at + 1) : rest.slice(at);
  }
  if (rest !== '') pieces.push(rest);
  return pieces;
}

/** The nearest place at or before `at` that is not within `&…;`, `<…|…>` or half of a surrogate pair. */
function outside(words: string, at: number): number {
  const link = words.lastIndexOf('<', at - 1);
  if (link > 0 && words.indexOf('>', link) >= at) return link;
  const entity = words.lastIndexOf('&', at - 1);
  if (
    entity > 0 &&
    at - entity < 5 &&
    /^&(?:amp|lt|gt);/.test(words.slice(entity)) &&
    words.indexOf(';', entity) >= at
  )
    return entity;
  const before = words.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff ? at - 1 : at;
}

/** The blocks of a token stream, each rendered. */
function render(tokens: readonly Token[], depth: number): string[] {
  const out: string[] = [];
  for (let i = 0; i < tokens.length; ) {
    const token = tokens[i]!;
    const end = token.nesting === 1 ? closing(tokens, i) : i;
    const inner = tokens.slice(i + 1, end);
    switch (token.type) {
      case 'paragraph_open':
        out.push(inline(inner[0]?.children ?? []));
        break;
      case 'fence':
        out.push(...fenced(token.content));
        break;
      case 'bullet_list_open':
      case 'ordered_list_open':
        out.push(
          list(
            inner,
            depth,
            token.type === 'ordered_list_open' ? Number(token.attrGet('start') ?? 1) : undefined,
          ),
        );
        break;
      case 'blockquote_open':
        out.push(
          render(inner, depth)
            .join('\n\n')
            .split('\n')
            .map((line) => `> ${line}`)
            .join('\n'),
        );
        break;
      default:
        if (token.content) out.push(escaped(token.content));
    }
    i = end + 1;
  }
  return out;
}

function list(tokens: readonly Token[], depth: number, first: number | undefined): string {
  const lines: string[] = [];
  let number = first;
  for (let i = 0; i < tokens.length; ) {
    const end = closing(tokens, i);
    const bullet = number === undefined ? ['•', '◦', '▪'][depth % 3] : `${number++}.`;
    const [head = '', ...rest] = render(tokens.slice(i + 1, end), depth + 1)
      .join('\n')
      .split('\n');
    lines.push(`${bullet} ${head}`, ...rest.map((line) => `    ${line}`));
    i = end + 1;
  }
  return lines.join('\n');
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    depth += tokens[i]!.nesting;
    if (depth === 0) return i;
  }
  return tokens.length;
}

const MARKS: Readonly<Record<string, string>> = { strong: '*', em: '_', s: '~' };

function inline(tokens: readonly Token[]): string {
  let out = '';
  let afterMark = false;
  const words = (piece: string) => {
    // Slack reads a mark as one only beside a space or sign; a zero-width space makes room inside a word.
    if (afterMark && /^[\p{L}\p{N}]/u.test(piece)) out += '\u200b';
    if (piece !== '') afterMark = false;
    out += piece;
  };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const mark = MARKS[token.type.replace(/_(?:open|close)$/, '')];
    if (mark !== undefined) {
      if (token.nesting === 1 && /[\p{L}\p{N}]$/u.test(out)) out += '\u200b';
      out += mark;
      afterMark = token.nesting === -1;
    } else if (token.type === 'link_open') {
      const end = closing(tokens, i);
      words(link(String(token.attrGet('href') ?? ''), tokens.slice(i + 1, end)));
      i = end;
    } else if (token.type === 'code_inline') {
      words(`\`${escaped(token.content).replaceAll('`', 'ˋ')}\``);
    } else if (token.type === 'softbreak' || token.type === 'hardbreak') {
      words('\n');
    } else words(timed(token.content));
  }
  return out;
}

/**
 * A moment as each reader's own clock shows it; the fallback is for clients that cannot.
 * https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 */
function timed(words: string): string {
  return words
    .split(new RegExp(MOMENT))
    .map((part, i) => {
      if (i % 2 === 0) return placed(part);
      const at = Number(part);
      return `<!date^${Math.floor(at / 1000)}^{date_short_pretty} at {time}|${utc(at)}>`;
    })
    .join('');
}

/** A channel by its id: Slack shows its name to who may see it. */
const placed = (words: string): string =>
  words
    .split(new RegExp(CHANNEL))
    .map((part, i) =>
      i % 2 === 0 ? escaped(part) : /^[CDG]\w+$/.test(part) ? `<#${part}>` : `#${escaped(part)}`,
    )
    .join('');

function link(href: string, inner: readonly Token[]): string {
  const label = escaped(inner.map((t) => t.content || ' ').join(''))
    .replaceAll('|', '¦')
    .trim();
  if (!/^(?:https?:|mailto:)/.test(href)) return label;
  const target = escaped(href.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E'));
  return label === '' || label === target ? `<${target}>` : `<${target}|${label}>`;
}
