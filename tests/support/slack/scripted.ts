import type { Block, Bot, Form, Incoming, Reply } from '../../../src/chat.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
export const picture = (alt: string): Block => ({
  kind: 'image',
  name: 'run.png',
  bytes: PNG,
  mime: 'image/png',
  alt,
});

type Answer = Reply | ((incoming: Incoming) => Reply | Promise<Reply>);

/** A bot that answers a command, a said word or an action by its table; `update:` and `form:` actions plan so. */
export function scripted(table: Readonly<Record<string, Answer>>): Bot & { readonly heard: Incoming[] } {
  const heard: Incoming[] = [];
  const done = new Set<string>();
  const key = (incoming: Incoming) =>
    incoming.kind === 'command'
      ? incoming.name
      : incoming.kind === 'say'
        ? (incoming.text.split(' ')[0] ?? '')
        : incoming.kind === 'home'
          ? 'home'
          : incoming.action;
  return {
    heard,
    commands: ['simulate', 'quiz', 'help'].map((name) => ({ name, summary: name, options: [] })),
    plan(incoming) {
      if (incoming.kind === 'press' && incoming.action.startsWith('form:'))
        return { how: 'form', form: FORM };
      if (incoming.kind === 'press' && incoming.action.startsWith('update:')) return { how: 'update' };
      return incoming.kind === 'home' ? { how: 'nothing' } : { how: 'reply', private: false };
    },
    complete: async () => [],
    async handle(incoming) {
      if (done.has(incoming.id)) return undefined;
      done.add(incoming.id);
      heard.push(incoming);
      const answer = table[key(incoming)];
      return typeof answer === 'function' ? answer(incoming) : answer;
    },
  };
}
const FORM: Form = {
  action: 'form:sent',
  title: 'A title longer than the twenty-four characters of a modal',
  fields: [
    { kind: 'line', name: 'short', label: 'Short' },
    { kind: 'one', name: 'one', label: 'One', options: [{ value: 'a', label: 'A' }], value: ['a'] },
    { kind: 'several', name: 'many', label: 'Many', options: options(120) },
  ],
};
export function options(count: number) {
  return Array.from({ length: count }, (_, i) => ({ value: `v${i}`, label: `Option ${i}` }));
}

export const until = async (met: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 500 && !met(); tries++) await new Promise((r) => setTimeout(r, 20));
};
