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
    const inside = words(node.has);
    if (node.tag === 'a') {
      if (!/^https?:\/\//i.test(node.href ?? '')) return inside;
      return [h('a', { href: node.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...inside)];
    }
    if (!TAGS.includes(node.tag)) return inside;
    return [h(node.tag, { ...(node.tag === 'ol' && { start: node.start }) }, ...inside)];
  });
}
