import { type Block, CHANNEL, MOMENT } from '../../src/chat.ts';
import { LIMITS } from './limits.ts';

const CODE = /(```[\s\S]*?```|`[^`\n]+`)/;
const LINK = /(\[[^\]\n]*\]\(https?:\/\/[^\s)]+\)|(?<![<(\w])https?:\/\/[^\s<>)\]]*[^\s<>)\].,;:!?'"*])/;
const TIME = /(\{time:\d{1,15}\})/;
const PLACE = /(\{channel:\d{1,20}\})/;
const ZERO_WIDTH = '\u200b';

/**
 * Our Markdown as Discord reads it. Discord has more markup than the chat vocabulary (mentions, timestamps, emoji,
 * spoilers, underline, headings): what would become any of it is escaped, code is left alone. Links keep their words
 * and lose their preview card.
 */
export function toDiscord(markdown: string): string {
  const placed = (words: string) => apart(words, PLACE, channelLink, escapeMarkup);
  const timed = (words: string) => apart(words, TIME, timestamp, placed);
  const outside = (words: string) => apart(words, LINK, quietLink, timed);
  return apart(markdown, CODE, (source) => source, outside);
}

/** What the pattern finds goes one way, what lies between the other; the pattern is one group. */
const apart = (
  words: string,
  pattern: RegExp,
  found: (part: string) => string,
  between: (part: string) => string,
): string =>
  words
    .split(pattern)
    .map((part, i) => (i % 2 === 1 ? found(part) : between(part)))
    .join('');

/**
 * As each reader's own clock shows it, and how far away it is.
 * https://docs.discord.com/developers/reference#message-formatting-timestamp-styles
 */
function timestamp(words: string): string {
  const seconds = Math.floor(Number(MOMENT.exec(words)?.[1]) / 1000);
  return `<t:${seconds}:f> (<t:${seconds}:R>)`;
}

/** https://docs.discord.com/developers/reference#message-formatting-formats */
const channelLink = (words: string): string => `<#${CHANNEL.exec(words)?.[1]}>`;

/** In angle brackets Discord draws no card for a link. */
function quietLink(link: string): string {
  const [, label, address] = /^\[([^\]]*)\]\((.*)\)$/.exec(link) ?? [];
  return address === undefined ? `<${link}>` : `[${escapeMarkup(label ?? '')}](<${address}>)`;
}

function escapeMarkup(words: string): string {
  return (
    words
      // no ping comes of it anyway (allowed_mentions), but it would be drawn as one
      .replace(/@(everyone|here)\b/g, `@${ZERO_WIDTH}$1`)
      .replace(/(?<!\\)<(?=[@#:/]|a:|t:|id:)/g, '\\<')
      .replace(/(?<!\\)(\|\||~~|__)/g, (pair) => `\\${pair[0]}\\${pair[1]}`)
      .replace(/^(\s*)(#{1,3}\s|-#\s|>>>)/gm, '$1\\$2')
  );
}

/** Words that hold no markup at all, such as a heading's. */
const literal = (words: string): string => escapeMarkup(words.replace(/[\\*_~`|]/g, '\\$&'));

/** At most `limit` characters, cut after a sentence if one ends late enough, else after a word. */
export function shorten(words: string, limit: number): string {
  if (words.length <= limit) return words;
  const room = words.slice(0, limit - 2);
  const sentence = Math.max(...['. ', '.\n', '! ', '? ', '\n'].map((end) => room.lastIndexOf(end)));
  if (sentence >= room.length / 2) return `${room.slice(0, sentence + 1).trimEnd()} …`;
  const word = room.lastIndexOf(' ');
  return `${whole(word >= room.length / 2 ? room.slice(0, word) : room)}…`;
}

/** A piece of text that may be cut anywhere inside as long as each half is opened and closed again. */
interface Piece {
  readonly body: string;
  readonly open: string;
  readonly close: string;
  readonly prose: boolean;
}

const prose = (body: string): Piece => ({ body, open: '', close: '', prose: true });

function pieceOf(block: Block): Piece | undefined {
  switch (block.kind) {
    case 'text':
      return prose(toDiscord(block.markdown));
    case 'heading':
      return prose(`### ${literal(block.text.replace(/\s+/g, ' '))}`);
    case 'aside':
      return prose(
        toDiscord(block.markdown)
          .split('\n')
          .map((line) => (line.trim() === '' ? line : `-# ${line}`))
          .join('\n'),
      );
    case 'code':
      return {
        // a fence inside the source would end ours
        body: block.source.replaceAll('```', `\`${ZERO_WIDTH}\`${ZERO_WIDTH}\``),
        open: `\`\`\`${(block.language ?? '').replace(/[^\w+-]/g, '')}\n`,
        close: '\n```',
        prose: false,
      };
    case 'file':
      return block.title ? prose(`**${literal(block.title)}**`) : undefined;
    case 'image':
    case 'buttons':
    case 'select':
      return undefined;
  }
}

/** The words of all blocks as message texts of at most `limit` characters; nothing is lost between them. */
export function pages(blocks: readonly Block[], limit: number = LIMITS.text): string[] {
  const out: string[] = [];
  let page = '';
  let last: Block | undefined;
  const turn = () => {
    if (page !== '') out.push(page);
    page = '';
  };
  for (const block of blocks) {
    const piece = pieceOf(block);
    if (!piece || piece.body.trim() === '') continue;
    const wrapping = piece.open.length + piece.close.length;
    let gap = block.kind === 'text' && last?.kind === 'text' ? '\n\n' : '\n';
    let rest = piece.body;
    for (;;) {
      if (page === '') gap = '';
      const room = limit - page.length - gap.length - wrapping;
      if (rest.length <= room) {
        page += `${gap}${piece.open}${rest}${piece.close}`;
        break;
      }
      // a piece that fits on a page of its own is not cut, and no page ends in a stub
      if (page !== '' && (rest.length + wrapping <= limit || room < limit / 3)) {
        turn();
        continue;
      }
      const cut = border(rest, room, piece.prose);
      page += `${gap}${piece.open}${rest.slice(0, cut).replace(/\s+$/, '')}${piece.close}`;
      rest = piece.prose ? rest.slice(cut).replace(/^\s+/, '') : rest.slice(cut).replace(/^\n/, '');
      turn();
    }
    last = block;
  }
  turn();
  return out;
}

/** Where to cut within `room`: after a paragraph, else a line, a sentence, a word; never within a character. */
function border(words: string, room: number, isProse: boolean): number {
  const head = words.slice(0, room);
  for (const end of isProse ? ['\n\n', '\n', '. ', ' '] : ['\n']) {
    const at = head.lastIndexOf(end);
    if (at > room / 3) return at + (end === '. ' ? 1 : 0);
  }
  return whole(head).length;
}

/** Without half a surrogate pair at the end. */
const whole = (words: string): string => (/[\ud800-\udbff]$/.test(words) ? words.slice(0, -1) : words);
