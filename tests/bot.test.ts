import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createBot } from '../src/bot.ts';
import { type Incoming, plain, privately, reply, text } from '../src/chat.ts';
import { type Command, command, commandWithVerbs, type Tools, verb } from '../src/commands/command.ts';
import help from '../src/commands/help.ts';
import { ParamError } from '../src/sim/words.ts';

const said: string[] = [];
const say = command({
  name: 'say',
  summary: 'Says it.',
  input: z.object({
    what: z.string().describe('What to say'),
    times: z.coerce.number().int().min(1).max(9).default(1).describe('How often'),
    mood: z.enum(['plain', 'cheerful']).optional().describe('How'),
    loud: z.boolean().optional().describe('In capitals'),
    set: z.string().optional().describe('More').meta({ rest: true }),
  }),
  examples: ['/say hello times=2'],
  async run(input) {
    if (input.what === 'slow') await new Promise((r) => setTimeout(r, 60));
    if (input.what === 'bug') throw new Error('secret details');
    if (input.what === 'bad') throw new ParamError('loss must be a number from 0 to 1.');
    said.push(input.what);
    return reply(text(JSON.stringify(input)));
  },
  actions: {
    again: { how: 'update', run: (press) => reply(text(`again ${press.words.join('/')}`)) },
    ask: {
      how: 'form',
      form: (press) =>
        press.words[0] === 'none' ? undefined : { action: 'say:ask', title: 'Ask', fields: [] },
      run: (press) => privately(text(`asked ${JSON.stringify(press.fields)}`)),
    },
  },
});
const daily = commandWithVerbs({
  name: 'daily',
  summary: 'A question a day.',
  verbs: {
    post: verb({
      summary: 'Set it up',
      input: z.object({ at: z.string().describe('Time of day') }),
      run: ({ at }) => reply(text(`posts at ${at}`)),
    }),
    list: verb({
      summary: 'What is set up',
      private: true,
      input: z.object({}),
      run: () => reply(text('nothing yet')),
    }),
  },
});

function bot(finished = new Set<string>()) {
  const logged: unknown[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (...all: unknown[]) => void logged.push(all) };
  const tools = {
    store: {
      learners: { of: async () => ({ id: 1, name: 'Ana' }) },
      deliveries: {
        done: async (key: string) => finished.has(key),
        finish: async (key: string) => void finished.add(key),
      },
    },
    sims: { ids: ['raft'] },
    now: () => 0,
    random: () => 0.5,
  } as unknown as Tools;
  return { ...createBot([say, daily, help] as Command[], tools, log), logged, finished };
}

let id = 0;
const from = (name: string, thread?: string) => ({
  id: `e${++id}`,
  place: { platform: 'page' as const, space: 'page', channel: 'general', ...(thread && { thread }) },
  person: { platform: 'page' as const, space: 'page', id: name, name },
});
const typed = (name: string, line = ''): Incoming => ({ ...from('ana'), kind: 'command', name, line });
const answer = async (incoming: Incoming) => {
  const { handle } = bot();
  const found = await handle(incoming);
  return { words: plain(found?.blocks ?? []), private: found?.private ?? false };
};

describe('what is typed', () => {
  it.each([
    ['hello', { what: 'hello', times: 1 }],
    ['hello 3', { what: 'hello', times: 3 }],
    ['times=2 what=hello', { what: 'hello', times: 2 }],
    ['"two words" mood=cheerful loud', { what: 'two words', times: 1, mood: 'cheerful', loud: true }],
    [
      'hi 1 plain loud=off nodes=5 loss=0.1',
      { what: 'hi', times: 1, mood: 'plain', loud: false, set: 'nodes=5 loss=0.1' },
    ],
    ['hi set="nodes=5 loss=0.1"', { what: 'hi', times: 1, set: 'nodes=5 loss=0.1' }],
  ])('%s', async (line, input) => {
    expect(JSON.parse((await answer(typed('say', line))).words)).toEqual(input);
  });

  it.each([
    ['say', '', /what is missing: what to say.*Try `\/say hello times=2`/],
    ['say', 'hi times=10', /times must be a whole number from 1 to 9; got `10`/],
    ['say', 'hi times=abc', /times must be a whole number from 1 to 9; got `abc`/],
    ['say', 'hi mood=cheerfull', /one of plain, cheerful.*Did you mean cheerful/],
    ['say', 'hi loud=maybe', /loud must be on or off/],
    ['say', 'hi times=1 times=2', /times is given twice/],
    ['say', 'bad', /loss must be a number from 0 to 1/],
    ['sya', 'hi', /no command `sya`; did you mean `say`/],
    ['daily', '', /followed by one of post, list/],
    ['daily', 'lits', /did you mean list/],
    ['daily', 'post', /at is missing/],
    ['daily', 'list all of it', /do not know what to do with `all of it`/],
    ['help', 'simulat', /no command `simulat`/],
    ['constructor', '', /no command/],
  ])('/%s %s is refused privately, saying what would do', async (name, line, message) => {
    const { words, private: alone } = await answer(typed(name, line));
    expect(words).toMatch(message);
    expect(alone).toBe(true);
  });

  it('takes typed options as Discord sends them', async () => {
    const options = { what: 'hello', times: 2, loud: true };
    expect(
      JSON.parse((await answer({ ...from('ana'), kind: 'command', name: 'say', options })).words),
    ).toEqual(options);
    const post = await answer({
      ...from('ana'),
      kind: 'command',
      name: 'daily',
      sub: 'post',
      options: { at: '09:00' },
    });
    expect(post.words).toBe('posts at 09:00');
  });

  it('hears commands in mentions', async () => {
    expect((await answer({ ...from('ana'), kind: 'say', text: 'daily post 08:30' })).words).toBe(
      'posts at 08:30',
    );
    expect((await answer({ ...from('ana'), kind: 'say', text: 'what?' })).words).toMatch(/help/);
    expect((await answer({ ...from('ana'), kind: 'say', text: '' })).words).toMatch(/Hello/);
  });
});

describe('deliveries', () => {
  it('are planned at once: privacy, updates, forms', () => {
    const { plan } = bot();
    expect(plan(typed('say', 'hi'))).toEqual({ how: 'reply', private: false });
    expect(plan(typed('daily', 'list'))).toEqual({ how: 'reply', private: true });
    expect(plan(typed('nonsense'))).toEqual({ how: 'reply', private: true });
    const press = (action: string): Incoming => ({ ...from('ana'), kind: 'press', action });
    expect(plan(press('say:again:1'))).toEqual({ how: 'update' });
    expect(plan(press('say:ask'))).toMatchObject({ how: 'form', form: { title: 'Ask' } });
    expect(plan(press('say:ask:none'))).toEqual({ how: 'reply', private: true });
    expect(plan({ ...from('ana'), kind: 'submit', action: 'say:ask', fields: {} })).toEqual({
      how: 'reply',
      private: true,
    });
    expect(plan(press('gone:for:ever'))).toEqual({ how: 'reply', private: true });
    expect(plan({ ...from('ana'), kind: 'home' })).toEqual({ how: 'nothing' });
  });

  it('are handled once: while running, when done, and after a restart', async () => {
    const first = bot();
    const slow = typed('say', 'slow');
    const both = await Promise.all([first.handle(slow), first.handle(slow)]);
    expect(both.filter((r) => r !== undefined)).toHaveLength(1);
    expect(await first.handle(slow)).toBeUndefined();
    expect(await bot(first.finished).handle(slow)).toBeUndefined();
  });

  it('of one person in a channel, and of a thread, keep their order; others do not wait', async () => {
    const { handle } = bot();
    const one = (who: string, what: string, thread?: string) =>
      handle({ ...from(who, thread), kind: 'command', name: 'say', line: what });
    said.length = 0;
    await Promise.all([one('ana', 'slow'), one('ana', 'after'), one('ben', 'meanwhile')]);
    expect(said).toEqual(['meanwhile', 'slow', 'after']);
    said.length = 0;
    await Promise.all([one('ana', 'slow', 't1'), one('ben', 'after', 't1'), one('ben', 'elsewhere', 't2')]);
    expect(said).toEqual(['elsewhere', 'slow', 'after']);
  });

  it('a bug is logged under an incident and told without its details', async () => {
    const broken = bot();
    const found = await broken.handle(typed('say', 'bug'));
    expect(found?.private).toBe(true);
    expect(plain(found!.blocks)).toMatch(/incident `i0000|incident `\w{6}`/);
    expect(plain(found!.blocks)).not.toContain('secret');
    expect(JSON.stringify(broken.logged.length)).toBe('1');
    // It is not marked as done: when the platform sends it again it is tried again.
    expect(broken.finished.size).toBe(0);
  });
});

describe('definitions', () => {
  it('give every platform its options', () => {
    expect(bot().commands.find((c) => c.name === 'say')?.options).toEqual([
      { name: 'what', summary: 'What to say', type: 'string', required: true, completes: false },
      {
        name: 'times',
        summary: 'How often',
        type: 'integer',
        required: false,
        min: 1,
        max: 9,
        completes: false,
      },
      {
        name: 'mood',
        summary: 'How',
        type: 'string',
        required: false,
        choices: ['plain', 'cheerful'],
        completes: false,
      },
      { name: 'loud', summary: 'In capitals', type: 'boolean', required: false, completes: false },
      { name: 'set', summary: 'More', type: 'string', required: false, completes: false },
    ]);
    expect(bot().commands.find((c) => c.name === 'daily')).toMatchObject({
      options: [],
      verbs: [{ name: 'post' }, { name: 'list' }],
    });
  });

  it('write the help', async () => {
    expect((await answer(typed('help'))).words).toContain('`/say` Says it.');
    expect((await answer(typed('help', 'say'))).words).toContain('`/say what [times] [mood] [loud] [set]`');
    // a paragraph each: what follows a list would else be read as its last item's
    expect((await answer(typed('help', '/daily'))).words).toMatch(
      /\n\n`\/daily post at`\n.+\n- `at`: .+\n\n/,
    );
  });
});
