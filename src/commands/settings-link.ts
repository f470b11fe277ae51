import { randomBytes } from 'node:crypto';
import { aside, buttons, type Form, privately, type Reply, text } from '../chat.ts';
import { type Context, Refusal } from './command.ts';

/** One learner in several chats: a short-lived code joins two identities. */

/** how long a code is good */
const CODE_LASTS = 10 * 60_000;
/** Crockford's base32: no letter is mistaken for another when it is copied by hand. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 8;

export const CODE_FORM: Form = {
  action: 'settings:linked',
  title: 'Link another chat',
  submit: 'Link',
  fields: [
    { kind: 'line', name: 'code', label: 'The code from your other chat', required: true, maxLength: 20 },
  ],
};

export async function offer({ store, learner, now }: Context): Promise<Reply> {
  for (;;) {
    const code = [...randomBytes(CODE_LENGTH)].map((byte) => ALPHABET[byte % 32]).join('');
    if (!(await store.links.offer(learner.id, code, now() + CODE_LASTS, now()))) continue;
    const shown = `${code.slice(0, 4)}-${code.slice(4)}`;
    return privately(
      text(
        `Your code is **${shown}**, good for 10 minutes and one use. In your other chat, write **/settings link ${shown}** to me (in Slack **/quorum settings link ${shown}**).`,
      ),
      aside(
        'Both histories become one, for good: answers, cards, points and streak. Give the code to nobody.',
      ),
      buttons({ action: 'settings:code', label: 'I have a code already' }),
    );
  }
}

export async function take(typed: string, context: Context): Promise<Reply> {
  const { store, learner, learning, now } = context;
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  if (!new RegExp(`^[${ALPHABET}]{${CODE_LENGTH}}$`).test(code))
    throw new Refusal(
      `\`${typed.trim().slice(0, 20)}\` is no code: it has ${CODE_LENGTH} letters and digits, such as \`7KQ2-M9XA\`. *Link another chat* under your settings in the other chat shows one.`,
    );
  const result = await store.links.take(learner.id, code, now(), learning.replay);
  switch (result) {
    case 'unknown':
      throw new Refusal(
        'That code is unknown or over: each is good for 10 minutes and one use. *Link another chat* under your settings in the other chat shows a new one.',
      );
    case 'own':
      throw new Refusal('That is the code of this very chat: write it in the other one.');
    case 'guesses':
      throw new Refusal('Too many codes were wrong. Try again in an hour.');
  }
  const joined = (await store.learners.get(result)) ?? learner;
  const log = await store.answers.log(result);
  const { length } = await learning.streak(joined, now());
  return privately(
    text(
      `Linked. You have one history now: **${log.filter((r) => r.undone === undefined).length}** answers, ${length === 0 ? 'no streak at the moment' : `a streak of **${length} ${length === 1 ? 'day' : 'days'}**`}.`,
    ),
    aside('What both had answered was paid once.'),
    buttons({ action: 'settings:show', label: 'Settings' }),
  );
}
