/**
 * Questions as a text file for Anki's File > Import (docs.ankiweb.net/importing/text-files.html, "File headers"): tab
 * separated, HTML allowed, a stable id in the first column so that a second import changes notes instead of doubling
 * them. A text import carries no schedule; when a card is due stands in its tags, for Anki's `Set Due Date`.
 */
import type { Card } from '../store/index.ts';
import { dayIn } from './days.ts';
import { exactly } from './present.ts';
import type { Question } from './question.ts';
import { bare } from './words.ts';

const HEAD = [
  '#separator:tab',
  '#html:true',
  '#notetype:Basic',
  '#deck:Quorum',
  '#guid column:1',
  '#columns:Guid\tFront\tBack\tTags',
  '#tags column:4',
];
const STATES = ['new', 'learning', 'review', 'relearning'] as const;

export function ankiText(
  cards: readonly { readonly card: Card; readonly question: Question }[],
  timezone: string | undefined,
): string {
  const rows = cards.map(({ card, question }) =>
    [
      `quorum-${question.id}`,
      html(frontOf(question)),
      html(backOf(question)),
      [
        'quorum',
        `quorum::topic::${tag(question.topic)}`,
        `quorum::level::${question.level}`,
        `quorum::state::${STATES[card.state]}`,
        `quorum::due::${dayIn(timezone, card.due)}`,
        `quorum::interval-days::${Math.round(card.scheduledDays)}`,
      ].join(' '),
    ].join('\t'),
  );
  return `${[...HEAD, ...rows].join('\n')}\n`;
}

function frontOf(question: Question): string {
  switch (question.kind) {
    case 'choice':
    case 'multi':
      return [question.prompt, ...question.options.map((o) => `• ${o.text}`)].join('\n');
    case 'order':
      return [question.prompt, ...[...question.items].sort().map((item) => `• ${item}`)].join('\n');
    default:
      return question.prompt;
  }
}

function backOf(question: Question): string {
  const answer = (() => {
    switch (question.kind) {
      case 'choice':
      case 'multi':
        return question.options.filter((o) => o.right).map((o) => `${o.text} (${o.why})`);
      case 'order':
        return question.items.map((item, i) => `${i + 1}. ${item}`);
      case 'number':
        return [exactly(question.answer)];
      case 'text':
        return question.points.map((point) => `${point.weight}: ${point.text}`);
    }
  })();
  return [...answer, '', question.explanation, '', ...question.sources].join('\n').trim();
}

/** One field: no tab, line break or quote is left that the file's own form would read. */
const html = (markdown: string): string =>
  bare(markdown)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/\t/g, ' ')
    .replace(/\r?\n/g, '<br>');

const tag = (words: string): string => words.replace(/\s+/g, '-');
