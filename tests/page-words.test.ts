import { describe, expect, it } from 'vitest';
import { encode, markup } from '../adapters/page/encode.ts';
import { memoryHistory } from '../adapters/page/index.ts';
import { cleanName } from '../adapters/page/people.ts';
import { channelName } from '../adapters/page/register.ts';
import type { Words } from '../adapters/page/wire.ts';
import { text } from '../src/chat.ts';

const secret = 'a secret for tests';

describe('words', () => {
  const flat = (words: readonly Words[]): string =>
    words
      .map((w) =>
        typeof w === 'string' ? w : `<${w.tag}${w.href ? ` ${w.href}` : ''}>${flat(w.has ?? [])}</>`,
      )
      .join('');

  it.each([
    ['**bold** and *leaning* `x < y`', '<p><strong>bold</> and <em>leaning</> <code>x < y</></>'],
    ['- one\n- two', '<ul><li>one</><li>two</></>'],
    ['3. three', '<ol><li>three</></>'],
    ['> said', '<blockquote><p>said</></>'],
    [
      '[here](https://example.org/a) https://example.org',
      '<p><a https://example.org/a>here</> <a https://example.org>https://example.org</></>',
    ],
    ['two\nlines', '<p>two<br></>lines</>'],
    // none of this is markup here
    ['<b onclick=x>hi</b> <!--', '<p><b onclick=x>hi</b> <!--</>'],
    [
      '[click](javascript:alert(1)) ![pic](https://evil.example/x.png)',
      '<p>[click](javascript:alert(1)) !<a https://evil.example/x.png>pic</></>',
    ],
    ['# not a heading', '<p># not a heading</>'],
    ['node.js and ana@example.org', '<p>node.js and ana@example.org</>'],
    ['\\*not leaning\\*', '<p>*not leaning*</>'],
  ])('reads %s', (source, tree) => {
    expect(flat(markup(source))).toBe(tree);
  });

  it('gives a picture one address an audience', () => {
    const { images } = memoryHistory();
    const url = (owner?: string, bytes = 'abc') => {
      const [block] = encode(
        [{ kind: 'image', name: 'a.png', bytes: Buffer.from(bytes), mime: 'image/png', alt: '' }],
        { images, secret, at: 0, ...(owner && { owner }) },
      );
      return block?.kind === 'image' ? block.url : '';
    };
    expect(url()).toBe(url());
    expect(new Set([url(), url('ana'), url('ben'), url(undefined, 'abd')]).size).toBe(4);
    expect(url()).toMatch(/^\/images\/[\w-]{32}$/);
    expect(encode([text('hi')], { images, secret, at: 0 })).toEqual([
      { kind: 'text', words: [{ tag: 'p', has: ['hi'] }] },
    ]);
  });

  it.each([
    ['  Ana   María ', 'Ana María'],
    ['evil\u202eeman', 'evil eman'],
    ['Quorum', undefined],
    ['ＱＵＯＲＵＭ', undefined],
    ['\u200b\u200b', undefined],
    ['x'.repeat(33), undefined],
    ['李雷', '李雷'],
  ])('takes %j as a name', (typed, name) => {
    expect(cleanName(typed)).toBe(name);
  });

  it.each([
    ['System Design!', 'system-design'],
    ['#raft', 'raft'],
    ['@0123', '0123'],
    ['---', undefined],
    ['Größe', 'größe'],
  ])('takes %j as a channel', (typed, name) => {
    expect(channelName(typed, 32)).toBe(name);
  });
});
