import { z } from 'zod';
import { aside, type Block, buttons, type Person, privately, type Reply, reply, text, utc } from '../chat.ts';
import { ankiText } from '../learn/anki.ts';
import { type Context, commandWithVerbs, verb } from './command.ts';

/** Everything that is held about a person, or its removal. */
export default commandWithVerbs({
  name: 'privacy',
  summary: 'All that is held about you, or its removal.',
  private: true,
  examples: ['/privacy export', '/privacy erase'],
  verbs: {
    export: verb({
      summary: 'Everything held about you as JSON, and your cards as a file for Anki',
      private: true,
      input: z.object({}),
      run: (_input, context) => exported(context),
    }),
    erase: verb({
      summary: 'Remove everything held about you, after you confirm',
      private: true,
      input: z.object({}),
      run: () => warning(),
    }),
  },
  actions: {
    export: { how: 'private', run: (_press, context) => exported(context) },
    erase: { how: 'private', run: () => warning() },
    erased: { how: 'update', run: (_press, context) => erased(context) },
    keep: { how: 'update', run: () => reply(text('Nothing was removed.')) },
  },
});

const bytes = (words: string) => new TextEncoder().encode(words);

async function exported(context: Context): Promise<Reply> {
  const { store, learner, learning, now } = context;
  const [held, cards, people] = await Promise.all([
    store.learners.everything(learner.id),
    store.cards.all(learner.id),
    identities(context),
  ]);
  const said = await Promise.all(
    people.map(async (person) => (await context.outbox(person.platform)?.history?.about(person)) ?? []),
  );
  const conversation = said.flat();
  const whole = {
    about: 'Everything Quorum holds about you. Times are milliseconds since 1970 (UTC).',
    written: utc(now()),
    tables: held,
    ...(conversation.length > 0 && { page: conversation }),
  };
  const known = cards.flatMap((card) => {
    const question = learning.bank.get(card.question);
    return question === undefined ? [] : [{ card, question }];
  });
  const day = utc(now()).slice(0, 10);
  const rows = Object.values(held).reduce((sum, list) => sum + list.length, 0);
  const blocks: Block[] = [
    text(
      `This is everything: **${rows}** rows in ${Object.keys(held).length} tables${conversation.length > 0 ? `, and **${conversation.length}** messages of this page` : ''}.`,
    ),
    {
      kind: 'file',
      name: `quorum-${day}.json`,
      bytes: bytes(`${JSON.stringify(whole, null, 2)}\n`),
      title: 'Everything, as JSON',
    },
  ];
  if (known.length > 0)
    blocks.push(
      {
        kind: 'file',
        name: `quorum-anki-${day}.txt`,
        bytes: bytes(ankiText(known, learner.timezone)),
        title: `${known.length} cards for Anki`,
      },
      aside(
        'In Anki: File, Import, and choose the `.txt`. A text file carries no schedule: when each card is due stands in its tags (`quorum::due::…`). Importing again updates the same notes.',
      ),
    );
  return privately(...blocks);
}

const warning = (): Reply =>
  privately(
    text(
      'This removes **everything** held about you: answers, cards, streak, points, settings, schedules of your own, links to your other chats, and what you said on the page. You leave every leaderboard, and closed questions of the day are shown anew without you. **It cannot be undone.**',
    ),
    aside(
      'Messages in Discord and Slack, and pictures posted there before, belong to those chats: delete them there.',
    ),
    buttons(
      { action: 'privacy:erased', label: 'Erase everything', style: 'danger' },
      { action: 'privacy:export', label: 'Export first' },
      { action: 'privacy:keep', label: 'Keep it' },
    ),
  );

async function erased(context: Context): Promise<Reply> {
  const { store, learner, outbox } = context;
  // What the page remembers goes first: cut short between the two, the learner is still known and can ask again.
  for (const person of await identities(context)) await outbox(person.platform)?.history?.forget(person);
  // Posts that name them are shown anew, while it is still known which ones do.
  await store.slots.redraw(learner.id);
  await store.learners.erase(learner.id);
  return privately(
    text('Everything about you is gone. If you write to me again, you begin as somebody new.'),
  );
}

/** who the learner is on each platform */
async function identities({ store, learner }: Context): Promise<readonly Person[]> {
  return (await store.learners.identities(learner.id)).map(({ platform, realm, person }) => ({
    platform,
    space: realm,
    id: person,
    name: learner.name,
  }));
}
