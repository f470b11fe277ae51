import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { encode, readCustomId } from '../adapters/discord/encode.ts';
import { LIMITS } from '../adapters/discord/limits.ts';
import { pages, shorten } from '../adapters/discord/text.ts';
import type { Block } from '../src/chat.ts';
import { aside, buttons, code, heading, privately, reply, text } from '../src/chat.ts';
import { closeAll, here, says, setUp, withWords } from './support/discord/script.ts';

afterEach(closeAll);

describe('what Discord shows', () => {
  it('nothing public of what turns out private', async () => {
    const { ana, ben } = await setUp({ handle: () => privately(text('for Ana alone')) });
    await ana.command('/ask for trouble');
    expect(withWords(await ana.sees(says('alone')), 'alone')).toMatchObject([{ private: true }]);
    expect(await ben.sees(() => true)).toEqual([]);
    expect(ben.thinking()).toBe(0);
  });

  it('hostile words ping nobody and are drawn as words', async () => {
    const { server, ana } = await setUp({
      handle: () =>
        reply(
          heading('# <@1> @everyone'),
          text('@everyone <@!42> <#7> ||x|| __y__\n# big\n-# small `@here <@42>`'),
          aside('@here'),
        ),
    });
    await ana.command('/ask nicely');
    const [seen] = await ana.sees((s) => s.length > 0);
    const { message } = server.world.messages.get(seen!.id)!;
    expect([message.mention_everyone, message.mentions]).toEqual([false, []]);
    const body = server.requests.find((r) => r.method === 'PATCH')!.body;
    expect(body.allowed_mentions).toEqual({ parse: [] });
    const outsideCode = seen!.text.replace(/`[^`]*`/g, '');
    expect(outsideCode).not.toMatch(/(?<!\\)<[@#]|@everyone|@here|(?<!\\)\|\||(?<!\\)__|^# /m);
    expect(seen!.text).toContain('`@here <@42>`');
  });

  it('long answers whole, in order, with pictures and buttons under the last words', async () => {
    const story = Array.from({ length: 300 }, (_, i) => `Sentence ${i} tells what node n${i % 5} did then.`);
    const source = Array.from({ length: 200 }, (_, i) => `    line(${i}); // deep`).join('\n');
    const image: Block = {
      kind: 'image',
      name: 'a.png',
      bytes: Buffer.from('png'),
      mime: 'image/png',
      alt: story.join(' '),
    };
    const { ana, server } = await setUp({
      handle: () =>
        reply(
          heading('Story'),
          text(story.slice(0, 150).join(' ')),
          text(story.slice(150).join(' ')),
          code(source, 'ts'),
          image,
          buttons({ action: 'a:b', label: 'Next' }),
        ),
    });
    await ana.command('/ask at-length');
    const seen = await ana.sees((s) => s.some((m) => m.buttons.length > 0));
    const all = seen.map((m) => m.text).join('\n');
    for (const s of story) expect(all).toContain(s);
    expect([...all.matchAll(/line\((\d+)\)/g)].map((m) => Number(m[1]))).toEqual(
      Array.from({ length: 200 }, (_, i) => i),
    );
    for (const m of seen) expect((m.text.match(/```/g) ?? []).length % 2, 'fences are closed').toBe(0);
    expect(seen.map((m) => [m.images.length, m.buttons.length])).toEqual([
      ...seen.slice(1).map(() => [0, 0]),
      [1, 1],
    ]);
    const { attachments } = server.world.messages.get(seen.at(-1)!.id)!.message;
    expect(attachments[0]!.description).toMatch(/^Sentence 0 .* then\. …$/);
    expect(attachments[0]!.description!.length).toBeLessThanOrEqual(LIMITS.altText);
  });

  it('more buttons, options and twins than one message takes', async () => {
    const many = Array.from({ length: 27 }, (_, i) => ({ action: 'same:action', label: `B${i}` }));
    const options = Array.from({ length: 30 }, (_, i) => ({ value: `v${i}`, label: `O${i}` }));
    const { ana, bot } = await setUp({
      handle: (i) =>
        i.kind === 'command'
          ? reply(buttons(...many), { kind: 'select', action: 'pick', placeholder: 'Pick', options })
          : privately(text(`did ${i.kind}`)),
    });
    await ana.command('/ask much');
    const seen = await ana.sees((s) => s.flatMap((m) => m.options).length === 30);
    expect(seen.flatMap((m) => m.buttons)).toEqual(many.map((b) => b.label));
    await ana.press(seen[0]!, 'B7');
    await ana.choose(seen.find((m) => m.options.includes('O29'))!, ['v29']);
    await ana.sees((s) => says('did press')(s) && says('did choose')(s));
    expect(bot.heard.slice(1)).toMatchObject([
      { action: 'same:action' },
      { action: 'pick', values: ['v29'] },
    ]);
  });

  it('forms with choices; a form that does not fit is refused in words', async () => {
    const options = [
      { value: 'a', label: 'First' },
      { value: 'b', label: 'Second' },
    ];
    const field = (name: string) => ({ kind: 'line', name, label: name }) as const;
    const { ana, bot } = await setUp({
      plan: (i) => {
        if (i.kind === 'press' && i.action === 'big')
          return { how: 'form', form: { action: 'big', title: 'Big', fields: [...'abcdef'].map(field) } };
        if (i.kind === 'press')
          return {
            how: 'form',
            form: {
              action: 'form',
              title: 'How is it? '.repeat(10),
              fields: [
                { kind: 'one', name: 'level', label: 'Level', options, required: true },
                { kind: 'several', name: 'topics', label: 'Topics', options, value: ['b'] },
                { kind: 'line', name: 'why', label: 'Why', hint: 'In a few words', maxLength: 20 },
              ],
            },
          };
        return { how: 'reply', private: false };
      },
      handle: (i) =>
        i.kind === 'submit'
          ? privately(text('thanks'))
          : reply(text('?'), buttons({ action: 'small', label: 'Small' }, { action: 'big', label: 'Big' })),
    });
    await ana.command('/ask me');
    const [message] = await ana.sees((s) => s.length > 0);
    await ana.press(message!, 'Small');
    expect(await ana.form()).toMatchObject({ fields: ['level', 'topics', 'why'] });
    await ana.submit({ level: 'a', why: 'because' });
    await ana.sees(says('thanks'));
    expect(bot.heard.at(-1)).toMatchObject({
      action: 'form',
      fields: { level: 'a', topics: ['b'], why: 'because' },
    });
    await ana.press(message!, 'Big');
    await ana.sees((s) => s.some((m) => m.private && m.text.includes('did not take this form')));
  });
});

describe('encoding', () => {
  it('gives every component back its action, whatever it is and however many share it', () => {
    const action = fc.string({ minLength: 1, maxLength: 80, unit: fc.constantFrom(...'ab:~01%') });
    fc.assert(
      fc.property(
        fc.array(action, { minLength: 1, maxLength: 25 }),
        fc.option(fc.string({ minLength: 1, maxLength: 25, unit: 'grapheme-ascii' }), { nil: undefined }),
        (actions, marker) => {
          const { parts, main } = encode([buttons(...actions.map((a) => ({ action: a, label: 'x' })))], {
            extras: 'last',
            marker,
          });
          const ids = parts.flatMap((p) =>
            p.body.components.flatMap((r) =>
              ('components' in r ? r.components : []).map((c) => ('custom_id' in c ? c.custom_id : '')),
            ),
          );
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.every((id) => id.length <= LIMITS.customId)).toBe(true);
          expect(ids.map((id) => readCustomId(id).action)).toEqual(actions);
          const kept = ids.map((id) => readCustomId(id).marker).filter((m) => m !== undefined);
          expect(kept).toEqual(marker === undefined ? [] : [marker]);
          expect(main).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('loses no word and passes no limit', () => {
    const words = fc
      .array(fc.constantFrom('raft ', 'leader\n', 'n1. ', '\n\n', 'ünïcödé🙂 ', 'x'.repeat(700), '`code` '), {
        maxLength: 60,
      })
      .map((w) => w.join(''));
    const block = fc.oneof(
      words.map(text),
      words.map((w) => code(w)),
      words.map(aside),
    );
    fc.assert(
      fc.property(fc.array(block, { maxLength: 5 }), (blocks) => {
        const out = pages(blocks);
        expect(out.every((p) => p.length <= LIMITS.text && !/[\ud800-\udbff]$/.test(p))).toBe(true);
        const bare = (s: string) => s.replace(/-# |```|\s/g, '');
        expect(bare(out.join(''))).toBe(
          bare(blocks.map((b) => ('markdown' in b ? b.markdown : 'source' in b ? b.source : '')).join('')),
        );
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['**b**, *i*, `a__b @here`, a_b', '**b**, *i*, `a__b @here`, a_b'],
    [
      '[the paper](https://x.org/a__b), https://y.org/~~z.',
      '[the paper](<https://x.org/a__b>), <https://y.org/~~z>.',
    ],
    ['- one\n> two\n# three', '- one\n> two\n\\# three'],
    ['<b> </b> <t:1:R> <https://x.org>', '<b> \\</b> \\<t:1:R> <https://x.org>'],
  ])('keeps our markup and escapes only Discord’s own: %s', (ours, theirs) => {
    expect(pages([text(ours)])).toEqual([theirs]);
  });

  it('shortens after a sentence, else after a word', () => {
    expect(shorten('One. Two three four five six.', 15)).toBe('One. Two…');
    expect(shorten('A first sentence here. And more.', 26)).toBe('A first sentence here. …');
    expect(shorten('short', 5)).toBe('short');
  });
});

describe('a message that must be found again', () => {
  it.each<[string, Block[]]>([
    ['with a button', [text('q'), buttons({ action: 'daily:1', label: 'Answer' })]],
    ['with words only', [text('q')]],
  ])('%s keeps its marker when changed', async (_, blocks) => {
    const { adapter, server } = await setUp();
    const posted = await adapter.post(here(server), { blocks, marker: 'daily-2026-11-22' });
    await adapter.edit(posted, { blocks });
    expect(await adapter.find(here(server), 'daily-2026-11-22')).toEqual(posted);
    expect(await adapter.find(here(server), 'daily-2026-11-23')).toBeUndefined();
  });
});
