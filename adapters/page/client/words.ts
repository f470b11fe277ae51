import type { Marked, Words } from '../wire.ts';
import { h } from './dom.ts';

const TAGS: readonly Marked['tag'][] = [
  'p',
  'strong',
  'em',
  's',
  'code',
  'pre',
  'ul',
  'ol',
  'li',
  'blockquote',
];

/** The tree of words as elements. An unknown tag or a foreign address comes out as plain words. */
export function words(tree: readonly Words[] = []): Node[] {
  return tree.flatMap((node): Node[] => {
    if (typeof node === 'string') return [document.createTextNode(node)];
    if (node.tag === 'br') return [h('br')];
    if (node.tag === 'time') return [moment(node.at ?? 0)];
    const inside = words(node.has);
    if (node.tag === 'a') {
      if (!/^https?:\/\//i.test(node.href ?? '')) return inside;
      return [h('a', { href: node.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...inside)];
    }
    if (!TAGS.includes(node.tag)) return inside;
    return [h(node.tag, { ...(node.tag === 'ol' && { start: node.start }) }, ...inside)];
  });
}

/** A moment as this reader's clock shows it, with the day where it is not today. */
function moment(at: number): Node {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return document.createTextNode('');
  const today = date.toDateString() === new Date().toDateString();
  const shown = new Intl.DateTimeFormat(undefined, {
    ...(!today && { weekday: 'short', day: 'numeric', month: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
  }).format(date);
  return h('time', { class: 'moment', datetime: date.toISOString(), title: date.toLocaleString() }, shown);
}
