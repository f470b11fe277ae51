import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Adapter, Bot, Incoming, Plan, Reply } from '../../src/chat.ts';
import { aside, buttons, code, heading, privately, reply, text } from '../../src/chat.ts';

/**
 * One suite for every adapter: a person on the platform does something, the platform's own client or local server
 * carries it, and what that person then sees is compared. Exceptions are declared with a reason.
 */
export interface AdapterUnderTest {
  readonly name: string;
  /** starts the adapter with this bot against the platform's local server */
  start(bot: Bot): Promise<Chat>;
  /** case name -> why this platform cannot have it */
  readonly skip?: Readonly<Record<string, string>>;
}

/** The platform as its people see it. */
export interface Chat {
  readonly adapter: Adapter;
  person(name: string): ChatPerson;
  close(): Promise<void>;
}

export interface ChatPerson {
  /** types a slash command such as `/echo hello loud=on` in the main channel, the way this platform does it */
  command(line: string): Promise<void>;
  press(message: Seen, label: string): Promise<void>;
  choose(message: Seen, values: readonly string[]): Promise<void>;
  /** the form open in front of the person now, undefined if none */
  form(): Promise<{ readonly title: string; readonly fields: readonly string[] } | undefined>;
  submit(fields: Readonly<Record<string, string>>): Promise<void>;
  /** `@quorum hint`, in the thread if one is given */
  mention(words: string, thread?: string): Promise<void>;
  /** delivers this person's last event once more, as the platform does when it is unsure */
  redeliver?(): Promise<void>;
  /** messages of the bot this person can see in channel and threads, oldest first, once `enough` is met (15 s at most: machines are shared) */
  sees(enough: (messages: readonly Seen[]) => boolean): Promise<readonly Seen[]>;
}

export interface Seen {
  readonly id: string;
  /** all words: text, headings, code, small print */
  readonly text: string;
  readonly private: boolean;
  readonly images: readonly { readonly name: string; readonly alt: string; readonly bytes: Uint8Array }[];
  readonly buttons: readonly string[];
  readonly options: readonly string[];
  /** the thread it stands in */
  readonly thread?: string;
  readonly edited: boolean;
}

/** 1x1 PNG */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** A bot that says back what it was told: every kind of block, plan and event once. */
export function echoBot(): Bot & { readonly heard: Incoming[] } {
  const heard: Incoming[] = [];
  const done = new Set<string>();
  const plan = (incoming: Incoming): Plan => {
    if (incoming.kind === 'press' && incoming.action === 'echo:form')
      return {
        how: 'form',
        form: {
          action: 'echo:form',
          title: 'Say it',
          fields: [{ kind: 'paragraph', name: 'words', label: 'Your words', required: true }],
        },
      };
    if (incoming.kind === 'press' && incoming.action === 'echo:edit') return { how: 'update' };
    if (incoming.kind === 'home') return { how: 'nothing' };
    return { how: 'reply', private: incoming.kind === 'command' && incoming.name === 'whisper' };
  };
  return {
    heard,
    commands: [
      {
        name: 'echo',
        summary: 'Says it back.',
        options: [
          { name: 'words', summary: 'What to say', type: 'string', required: true, completes: true },
          { name: 'loud', summary: 'In capitals', type: 'boolean', required: false, completes: false },
        ],
      },
      {
        name: 'whisper',
        summary: 'Says it back to you alone.',
        options: [
          { name: 'words', summary: 'What to say', type: 'string', required: true, completes: false },
        ],
      },
      { name: 'show', summary: 'Everything a reply can hold.', options: [] },
    ],
    plan,
    async complete({ typed }) {
      return [{ value: `${typed}-completed`, label: `${typed} completed` }];
    },
    async handle(incoming): Promise<Reply | undefined> {
      if (done.has(incoming.id)) return undefined;
      done.add(incoming.id);
      heard.push(incoming);
      if (plan(incoming).how === 'form') return undefined;
      switch (incoming.kind) {
        case 'command': {
          if (incoming.name === 'show')
            return {
              blocks: [
                heading('A heading'),
                text(
                  'Some **bold**, `mono` and a [link](https://example.org/a). Not a mention: @everyone <!channel> & <b>',
                ),
                code('let x = 1;', 'ts'),
                {
                  kind: 'image',
                  name: 'dot.png',
                  bytes: PNG,
                  mime: 'image/png',
                  alt: 'one dot, and its story',
                  title: 'Dot',
                },
                aside('small print'),
                buttons(
                  { action: 'echo:press:1', label: 'Press me', style: 'primary' },
                  { action: 'echo:edit', label: 'Change' },
                  { action: 'echo:form', label: 'Write' },
                ),
                {
                  kind: 'select',
                  action: 'echo:select',
                  placeholder: 'Pick',
                  options: [
                    { value: 'a', label: 'First' },
                    { value: 'b', label: 'Second' },
                  ],
                },
              ],
              thread: { title: 'The thread', first: [text('in the thread')] },
            };
          const words = incoming.options?.words ?? incoming.line ?? '';
          const blocks = [text(`you said ${words}`)];
          return incoming.name === 'whisper' ? privately(...blocks) : reply(...blocks);
        }
        case 'press':
          if (incoming.action === 'echo:edit')
            return reply(text('changed in place'), buttons({ action: 'echo:press:2', label: 'Press again' }));
          return privately(text(`pressed ${incoming.action}`));
        case 'choose':
          return privately(text(`chose ${incoming.values.join(',')}`));
        case 'submit':
          return privately(text(`wrote ${incoming.fields.words}`));
        case 'say':
          return reply(text(`heard ${incoming.text}`));
        case 'home':
          return undefined;
      }
    },
  };
}

export function adapterContract(subject: AdapterUnderTest): void {
  describe(`adapter contract: ${subject.name}`, () => {
    const bot = echoBot();
    let chat: Chat;
    beforeAll(async () => {
      chat = await subject.start(bot);
    }, 60_000);
    afterAll(async () => {
      await chat?.close();
    });
    const behaves = (name: string, body: () => Promise<void>) =>
      subject.skip?.[name] ? it.skip(`${name} (${subject.skip[name]})`, body) : it(name, body, 40_000);
    const has = (words: string) => (seen: readonly Seen[]) => seen.some((m) => m.text.includes(words));
    const find = (seen: readonly Seen[], words: string) => {
      const found = seen.filter((m) => m.text.includes(words));
      expect(found, `exactly one message with “${words}”`).toHaveLength(1);
      return found[0]!;
    };

    behaves('answers a command where everybody sees it', async () => {
      const ana = chat.person('Ana');
      await ana.command('/echo hello');
      const seen = find(await ana.sees(has('you said hello')), 'you said hello');
      expect(seen.private).toBe(false);
      await chat.person('Ben').sees(has('you said hello'));
    });

    behaves('answers privately what is private', async () => {
      const ana = chat.person('Ana');
      await ana.command('/whisper secret');
      expect(find(await ana.sees(has('you said secret')), 'you said secret').private).toBe(true);
      expect((await chat.person('Ben').sees(() => true)).filter((m) => m.text.includes('secret'))).toEqual(
        [],
      );
    });

    behaves('shows every kind of block, escapes what is not markup, and opens a thread', async () => {
      const ana = chat.person('Ana');
      await ana.command('/show');
      const all = await ana.sees(
        (s) => has('A heading')(s) && has('in the thread')(s) && s.some((m) => m.images.length > 0),
      );
      const seen = find(all, 'A heading');
      expect(seen.text).toContain('let x = 1;');
      expect(seen.text).toContain('small print');
      expect(seen.text).toContain('<b>');
      expect(seen.buttons).toEqual(['Press me', 'Change', 'Write']);
      expect(seen.options).toEqual(['First', 'Second']);
      const image = all.flatMap((m) => m.images).at(-1)!;
      expect(image.alt).toBe('one dot, and its story');
      expect(Buffer.from(image.bytes).equals(PNG)).toBe(true);
      expect(find(all, 'in the thread').thread).toBeTruthy();
    });

    behaves('carries a button, a select and a form', async () => {
      const ana = chat.person('Ana');
      const message = find(await ana.sees(has('A heading')), 'A heading');
      await ana.press(message, 'Press me');
      expect(find(await ana.sees(has('pressed echo:press:1')), 'pressed echo:press:1').private).toBe(true);
      await ana.choose(message, ['b']);
      await ana.sees(has('chose b'));
      await ana.press(message, 'Write');
      expect((await ana.form())?.title).toBe('Say it');
      await ana.submit({ words: 'two lines\nof words' });
      await ana.sees(has('wrote two lines'));
    });

    behaves('changes a message in place', async () => {
      const ana = chat.person('Ana');
      const message = find(await ana.sees(has('A heading')), 'A heading');
      await ana.press(message, 'Change');
      const changed = find(await ana.sees(has('changed in place')), 'changed in place');
      expect(changed.id).toBe(message.id);
      expect(changed.buttons).toEqual(['Press again']);
    });

    behaves('hears a mention', async () => {
      const ana = chat.person('Ana');
      await ana.mention('hint please');
      await ana.sees(has('heard hint please'));
    });

    behaves('recognises a delivery it has seen', async () => {
      const ana = chat.person('Ana');
      await ana.command('/echo only-once');
      await ana.sees(has('you said only-once'));
      await ana.redeliver?.();
      await new Promise((r) => setTimeout(r, 300));
      expect((await ana.sees(() => true)).filter((m) => m.text.includes('you said only-once'))).toHaveLength(
        1,
      );
    });

    behaves('posts, finds by marker and edits without being asked', async () => {
      const { adapter } = chat;
      const place = bot.heard.find((h) => h.kind === 'command')!.place;
      const channel = { platform: place.platform, space: place.space, channel: place.channel };
      const posted = await adapter.post(channel, {
        blocks: [text('good morning')],
        marker: 'daily-2026-11-22',
      });
      expect((await adapter.find(channel, 'daily-2026-11-22'))?.message).toBe(posted.message);
      expect(await adapter.find(channel, 'daily-1999-01-01')).toBeUndefined();
      await adapter.edit(posted, reply(text('good evening')));
      const seen = await chat.person('Ana').sees(has('good evening'));
      expect(has('good morning')(seen)).toBe(false);
      expect(await adapter.obstacle(channel)).toBeUndefined();
      expect(await adapter.obstacle({ ...channel, channel: '999999999999999999' })).toBeTruthy();
    });
  });
}
