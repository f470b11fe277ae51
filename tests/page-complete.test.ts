import { describe, expect, it } from 'vitest';
import { advise } from '../adapters/page/client/complete.ts';
import type { CommandSpec, OptionSpec } from '../src/chat.ts';

const option = (name: string, more: Partial<OptionSpec> = {}): OptionSpec => ({
  name,
  summary: name,
  type: 'string',
  required: false,
  completes: false,
  ...more,
});
const commands: readonly CommandSpec[] = [
  {
    name: 'simulate',
    summary: 'Run a protocol',
    options: [
      option('scenario', { required: true, choices: ['raft', 'cap', 'saga'] }),
      option('preset', { completes: true }),
      option('seed', { type: 'integer', min: 0 }),
      option('animate', { type: 'boolean' }),
    ],
  },
  { name: 'settings', summary: 'Yours', options: [] },
  {
    name: 'daily',
    summary: 'Every day',
    options: [],
    verbs: [
      { name: 'post', summary: 'Post', options: [option('channel', { type: 'channel' })] },
      { name: 'stop', summary: 'Stop', options: [] },
    ],
  },
];

/** `|` is the caret; what Enter would take is marked with `!`. */
const offers = (line: string) =>
  advise(line.replace('|', ''), line.indexOf('|'), commands).suggestions.map(
    (s) => `${s.label}${s.sure ? '!' : ''}`,
  );

describe('completion', () => {
  it.each([
    ['hello |', []],
    ['/|', ['/simulate', '/settings', '/daily']],
    ['/s|', ['/simulate!', '/settings!']],
    ['/ily|', ['/daily']],
    ['/daily|', []],
    ['/daily |', ['post', 'stop']],
    ['/daily p|', ['post!', 'stop']],
    ['/daily dance |', []],
    ['/simulate |', ['raft', 'cap', 'saga', 'preset=', 'seed=', 'animate=']],
    ['/simulate ra|', ['raft!']],
    ['/simulate raft|', []],
    ['/simulate raft s|', ['preset=', 'seed=']],
    ['/simulate seed=7 |', ['raft', 'cap', 'saga', 'preset=', 'animate=']],
    ['/simulate scenario=c|', ['cap!']],
    ['/simulate raft animate=|', ['on', 'off']],
    ['/simulate raft animate |', ['preset=', 'seed=']],
    ['/simulate ra| seed=7', ['raft!']],
    ['/nothing |', []],
    ['/simulate raft\n|', []],
  ])('after %j', (line, expected) => {
    expect(offers(line).sort()).toEqual([...expected].sort());
  });

  it('replaces the word under the caret and nothing else', () => {
    const line = '/simulate scenario=c seed=7';
    const { from, to, suggestions } = advise(line, '/simulate scenario=c'.length, commands);
    expect(line.slice(0, from) + suggestions[0]!.insert + line.slice(to)).toBe(
      '/simulate scenario=cap  seed=7',
    );
  });

  it('asks the server with what is known so far', () => {
    expect(advise('/simulate raft preset="leader', 29, commands).ask).toEqual({
      name: 'simulate',
      option: 'preset',
      typed: 'leader',
      given: { scenario: 'raft' },
    });
  });

  it('says what each place takes', () => {
    const { hint } = advise('/simulate raft preset=x seed=', 29, commands);
    expect(hint?.options.map((o) => `${o.option.name} ${o.state}`)).toEqual([
      'scenario given',
      'preset given',
      'seed now',
      'animate open',
    ]);
    expect(hint?.now).toBe('seed: whole number, 0 or more, optional. seed');
  });
});
