import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, encoder, home, messages, modal } from '../adapters/slack/encode.ts';
import { LIMITS } from '../adapters/slack/limits.ts';
import { fenced, mrkdwn, plainWords } from '../adapters/slack/mrkdwn.ts';
import type { Block, Form } from '../src/chat.ts';
import { blockErrors, viewErrors, wordsIn } from './support/slack/blockkit.ts';

/** What leaves the adapter, against limits written down a second time, from Slack's reference. */

const words = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    '',
    '<!channel>',
    '&amp;',
    '**bold** _a_',
    '`',
    '```',
    '- a\n  - b',
    '> q',
    '1. x',
    '[a|b](https://x.y/?a=1&b=2)',
  ),
  fc.string({
    unit: fc.constantFrom('<', '&', '>', 'word ', '\n', '`', '*', '😀'),
    minLength: 2900,
    maxLength: 9000,
  }),
);
const line = fc.string({ maxLength: 400 });
const action = fc.string({ minLength: 1, maxLength: 100 });
const options = fc.uniqueArray(
  fc.record({
    value: fc.string({ minLength: 1, maxLength: 100 }),
    label: line,
    description: fc.option(line, { nil: undefined }),
  }),
  { minLength: 1, maxLength: 160, selector: (o) => o.value },
);
const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), markdown: words }),
  fc.record({ kind: fc.constant('aside' as const), markdown: words }),
  fc.record({ kind: fc.constant('heading' as const), text: words }),
  fc.record({ kind: fc.constant('code' as const), source: words }),
  fc.record({
    kind: fc.constant('image' as const),
    name: fc.constant('a.png'),
    bytes: fc.constant(new Uint8Array()),
    mime: fc.constant('image/png' as const),
    alt: words,
    title: fc.option(line, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('buttons' as const),
    buttons: fc.array(fc.record({ action, label: line, disabled: fc.boolean() }), { maxLength: 60 }),
  }),
  fc.record({
    kind: fc.constant('select' as const),
    action,
    placeholder: line,
    options,
    max: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  }),
);

describe('blocks for Slack', () => {
  it('are accepted, whatever the reply holds, with or without its pictures', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 30 }), fc.boolean(), (blocks, shown) => {
        for (const message of messages(encode(blocks, () => (shown ? 'F0PICTURE1' : undefined)))) {
          expect(blockErrors(message.blocks, 'message', () => 'ready')).toEqual([]);
          expect(wordsIn(message.blocks)).toBeLessThan(11_000);
          expect(message.text.length).toBeGreaterThan(0);
          expect(message.text.length).toBeLessThanOrEqual(4000);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('name commands as they are typed in Slack, and nothing else', () => {
    const markdown = '`/quiz`, `/quiz topic=aws`, `/quizzes`, `/payments`, `/quorum quiz`, /quiz';
    expect(encoder(['quiz', 'daily'])([{ kind: 'aside', markdown }], () => undefined)).toMatchObject([
      {
        elements: [
          {
            text: '`/quorum quiz`, `/quorum quiz topic=aws`, `/quizzes`, `/payments`, `/quorum quiz`, /quiz',
          },
        ],
      },
    ]);
  });

  it('make a home and forms that are accepted', () => {
    const field = fc.oneof(
      fc.record({
        kind: fc.constantFrom('line' as const, 'paragraph' as const),
        name: action,
        label: line,
        value: fc.option(words, { nil: undefined }),
      }),
      fc.record({
        kind: fc.constantFrom('one' as const, 'several' as const),
        name: action,
        label: line,
        options,
      }),
    );
    const form: fc.Arbitrary<Form> = fc.record({
      action,
      title: line,
      fields: fc.uniqueArray(field, { minLength: 1, maxLength: 5, selector: (f) => f.name }),
    });
    fc.assert(
      fc.property(form, fc.array(block, { maxLength: 30 }), (f, blocks) => {
        expect(viewErrors({ ...modal(f, '{}') }, () => 'ready')).toEqual([]);
        expect(viewErrors({ ...home(encode(blocks, () => 'F0PICTURE1')) }, () => 'ready')).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('hold every word of a long text, and name nobody', () => {
    const letters = (s: string) => s.replace(/[\s\u200b`]/g, '');
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('alpha', '<!here>', 'a&b', '<b>', '😀', '@here', 'x'.repeat(400)), {
          minLength: 1,
          maxLength: 900,
        }),
        (list) => {
          const all = list.join(' ');
          for (const pieces of [mrkdwn(all), fenced(all)]) {
            expect(letters(plainWords(pieces.join('')))).toBe(letters(all));
            for (const piece of pieces) {
              expect(piece.length).toBeLessThanOrEqual(LIMITS.section);
              expect(piece).not.toMatch(/<[!@#]|&(?!amp;|lt;|gt;)/);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ['**bold**, *italic*, ~~gone~~ and `a<b`', '*bold*, _italic_, ~gone~ and `a&lt;b`'],
    ['the **n**th', 'the *n*\u200bth'],
    ['[a link](https://e.org/?a=1&b=2)', '<https://e.org/?a=1&amp;b=2|a link>'],
    ['see https://e.org/a.', 'see <https://e.org/a>.'],
    ['[click](javascript:alert(1))', '[click](javascript:alert(1))'],
    ['- one\n- two\n  - inner', '• one\n• two\n    ◦ inner'],
    ['3. three\n4. four', '3. three\n4. four'],
    ['> said\n> twice', '> said\n> twice'],
    ['one\ntwo\n\nthree', 'one\ntwo\n\nthree'],
    ['# not a heading | no table', '# not a heading | no table'],
    ['&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['```ts\nlet a = 1 < 2;\n```', '```\nlet a = 1 &lt; 2;\n```'],
  ])('writes %j as %j', (markdown, expected) => {
    expect(mrkdwn(markdown)).toEqual([expected]);
  });
});
