import { z } from 'zod';
import {
  aside,
  type Block,
  type Button,
  buttons,
  channelMark,
  heading,
  moment,
  type Place,
  privately,
  type Reply,
  reply,
  text,
} from '../chat.ts';
import {
  laterBlocks,
  notToday,
  schedulePersonal,
  stopPersonal,
  stoppedBlocks,
} from '../learn/daily/personal.ts';
import { deliver, nextOf, prepare } from '../learn/daily/post.ts';
import { completeZone, dayOf, wallAt } from '../learn/daily/zone.ts';
import { asking } from '../learn/show.ts';
import type { Schedule } from '../store/index.ts';
import { type Context, commandWithVerbs, type Press, Refusal, verb } from './command.ts';
import { answerActions, mineBlocks } from './daily-answers.ts';
import { moreAction, moreForm, setupAction, setupForm, typedIn } from './daily-forms.ts';
import { nextWords, pauseDate, put, settingsOf, type Typed, told } from './daily-setup.ts';

const channel = z
  .string()
  .max(80)
  .optional()
  .describe('Another channel; this one if left out')
  .meta({ chat: 'channel' });

/** The question of the day of a channel. Posting itself is the clock's (src/clock.ts), what is due the store's. */
export default commandWithVerbs({
  name: 'daily',
  summary: 'The question of the day: set it up, answer it, see when it comes.',
  default: 'list',
  verbs: {
    post: verb({
      summary: 'Post a question here every day, or change how.',
      private: true,
      input: z.object({
        channel,
        at: z.string().max(40).optional().describe('Time of day, such as 09:00'),
        timezone: z
          .string()
          .max(60)
          .optional()
          .describe('Such as Europe/Lisbon; yours if left out')
          .meta({ completes: true }),
        topic: z.string().max(60).optional().describe('One topic, or any').meta({ completes: true }),
        level: z.string().max(20).optional().describe('One level or a range, such as 2-4'),
        days: z
          .string()
          .max(60)
          .optional()
          .describe('Such as mon-fri, or mon wed fri')
          .meta({ phrase: true }),
        off: z
          .string()
          .max(400)
          .optional()
          .describe('Days off: 2026-12-24..2027-01-02, or 12-25 for every year')
          .meta({ phrase: true }),
        close: z
          .string()
          .max(20)
          .optional()
          .describe('Time to answer, such as 8h; until the next one if left out'),
        rising: z.boolean().optional().describe('Easier on Monday, harder towards the end of the week'),
        runs: z.coerce.number().int().min(0).max(100).optional().describe('Per cent made from fresh runs'),
      }),
      run: (input, context) => post(shifted(input), context),
    }),
    now: verb({
      summary: 'Today’s question now: the one posted here, or one for you alone.',
      private: true,
      input: z.object({}),
      run: (_input, context) => today(context),
    }),
    list: verb({
      summary: 'Where and when questions are posted here.',
      private: true,
      input: z.object({}),
      run: (_input, context) => list(context),
    }),
    pause: verb({
      summary: 'No questions here until a date.',
      private: true,
      input: z.object({
        until: z.string().max(20).describe('The first day on which it goes on, such as 2027-01-07'),
        channel,
      }),
      run: ({ until, channel: other }, context) => pause(until, other, context),
    }),
    resume: verb({
      summary: 'End a pause.',
      private: true,
      input: z.object({ channel }),
      run: ({ channel: other }, context) => pause(undefined, other, context),
    }),
    stop: verb({
      summary: 'No more questions here.',
      private: true,
      input: z.object({ channel }),
      run: ({ channel: other }, context) => stop(other, context),
    }),
  },
  examples: [
    '/daily post at=09:00 timezone=Europe/Lisbon',
    '/daily post at=17:30 days=mon-fri topic=consensus level=2-4',
  ],
  complete(option, typed, { learning }) {
    if (option === 'timezone') return completeZone(typed).map((zone) => ({ value: zone, label: zone }));
    if (option !== 'topic') return [];
    return learning.bank.topics
      .filter((t) => `${t.id} ${t.title}`.toLowerCase().includes(typed.toLowerCase()))
      .map((t) => ({ value: t.id, label: t.id, description: t.title }));
  },
  actions: {
    ...answerActions,
    /** opened with what holds now, taken as daily:setup:<schedule>; none for a first one, here */
    setup: { how: 'form', form: setupForm, run: filled },
    /** the same for what the first form has no room for */
    more: { how: 'form', form: moreForm, run: filled },
    /** daily:stop:<schedule> */
    stop: {
      how: 'private',
      async run({ words }, context) {
        return stopped(await pressedOn(words[0], context), context);
      },
    },
    /** daily:later, under a reminder or a learner's own question */
    later: {
      how: 'update',
      async run(_press, context) {
        await notToday(context.learner, context);
        return reply(...laterBlocks(await context.learning.due(context.learner, context.now())));
      },
    },
    /** daily:quiet:<kind> */
    quiet: {
      how: 'update',
      async run({ words }, context) {
        const kind = words[0] === 'personal' ? 'personal' : 'reminder';
        await stopPersonal(kind, context.learner, context);
        return reply(...stoppedBlocks(kind));
      },
    },
  },
});

/** Typed without names, the channel may be left out: a time in its place is the time. */
function shifted<T extends Typed & { readonly channel?: string }>(input: T): T {
  const { channel: first, at, timezone } = input;
  if (first === undefined || !/^\d{1,2}([:.h]\d{2})?\s*([ap]m)?$/i.test(first.trim())) return input;
  return {
    ...input,
    channel: undefined,
    at: first,
    timezone: at ?? timezone,
    ...(at !== undefined && timezone !== undefined && { topic: timezone }),
  };
}

/** A channel as the platform hands it over: an id, a mention around one, or `#name`. */
function placeOf(other: string | undefined, { place, person }: Context): Place {
  const { thread: _, ...here } = place;
  const id = /^<#([^>|]+)(?:\|[^>]*)?>$/.exec(other?.trim() ?? '')?.[1] ?? other?.trim().replace(/^#/, '');
  if (id === undefined || id === '' || id === here.channel) return here;
  // Who manages the channel they are in need not manage another one; Discord's managers and the page's people do.
  if (place.direct || person.platform === 'slack')
    throw new Refusal('Use the command in that channel itself: I can only tell there who manages it.');
  return { platform: here.platform, space: here.space, channel: id };
}

function mayManage({ person }: Context, place: Place): void {
  if (person.manages || place.direct) return;
  const who = {
    discord: 'somebody with Manage Channels or Manage Server',
    slack: 'whoever made the channel, or an admin of the workspace',
    page: 'whoever manages the page',
  }[place.platform];
  throw new Refusal(
    `A channel’s question is set up by ${who}. Your own, private one: \`/settings\`; one now: \`/quiz\`.`,
  );
}

/** The schedule a button stands under, wherever it was pressed. Throws Refusal. */
async function pressedOn(id: string | undefined, context: Context): Promise<Schedule> {
  const schedule = await context.store.schedules.get(Number(id));
  const { platform, space } = context.place;
  if (schedule?.kind !== 'channel' || schedule.place.platform !== platform || schedule.place.space !== space)
    throw new Refusal('That question of the day is not there any more. `/daily post at=09:00` sets one up.');
  mayManage(context, schedule.place);
  return schedule;
}

async function filled(press: Press, context: Context): Promise<Reply> {
  const id = press.words[0];
  return set(
    typedIn(press),
    id ? (await pressedOn(id, context)).place : placeOf(undefined, context),
    context,
  );
}

const post = ({ channel: other, ...typed }: Typed & { readonly channel?: string }, context: Context) =>
  set(typed, placeOf(other, context), context);

async function set(typed: Typed, place: Place, context: Context): Promise<Reply> {
  const { store, outbox, now, learner } = context;
  mayManage(context, place);
  if (place.direct) return own(typed, place, context);
  const held = await store.schedules.at(place);
  const settings = settingsOf(typed, place, held, context);
  const schedule = await put(settings, held, context);
  const why = await outbox(place.platform)
    ?.obstacle(place)
    .catch(() => undefined);
  if (why !== undefined) await store.schedules.flag(schedule.id, why);
  const zone = typed.timezone === undefined && held === undefined && (learner.timezone ?? 'UTC') === 'UTC';
  return privately(
    text(`${held?.next === undefined ? 'Set' : 'Changed'}: ${told(schedule, now())}.`),
    text(`The next one is ${moment(schedule.next ?? now())}.`),
    ...(why === undefined
      ? []
      : [text(`⚠ **I cannot post there yet.** ${why} The schedule is kept and waits for it.`)]),
    ...(zone
      ? [aside('The time is UTC, since I know no zone of yours: `/daily post timezone=Europe/Lisbon`.')]
      : []),
    controls(schedule, context),
  );
}

/** In a conversation with the bot alone the question is the learner's own. */
async function own(typed: Typed, place: Place, context: Context): Promise<Reply> {
  const { learner, person } = context;
  const held = await context.store.schedules.of(learner.id, 'personal');
  const {
    kind: _kind,
    maker: _maker,
    place: _place,
    since: _since,
    ...wish
  } = settingsOf(typed, place, held, context);
  const done = await schedulePersonal('personal', wish, { learner, person, place }, context);
  if (typeof done === 'string') throw new Refusal(done);
  return privately(
    text(`Your own question: ${told(done, context.now())}.`),
    text(`${capital(nextWords(done))}.`),
    aside(
      typed.timezone === undefined && held === undefined && (learner.timezone ?? 'UTC') === 'UTC'
        ? 'The time is UTC, since I know no zone of yours: `/settings timezone=Europe/Lisbon`. `/settings daily=off` stops it.'
        : '`/settings daily=off` stops it.',
    ),
  );
}

const controls = (schedule: Schedule, { learner }: Context): Block => {
  const list: Button[] = [
    { action: setupAction(schedule, learner.timezone ?? 'UTC'), label: 'Change' },
    { action: moreAction(schedule), label: 'Days off and more' },
  ];
  if (schedule.next !== undefined)
    list.push({ action: `daily:stop:${schedule.id}`, label: 'Stop', style: 'danger' });
  return buttons(...list);
};

async function list(context: Context): Promise<Reply> {
  const { store, place, person, learner, now } = context;
  const all = await store.schedules.list(place.platform, place.space);
  const here = all.find((s) => s.place.channel === place.channel && s.place.thread === undefined);
  const others = all.filter((s) => s !== here);
  const mine = (
    await Promise.all((['personal', 'reminder'] as const).map((kind) => store.schedules.of(learner.id, kind)))
  ).filter((s) => s?.next !== undefined);
  const manages = person.manages === true && !place.direct;
  const blocks: Block[] = [heading('Question of the day')];
  if (here) blocks.push(text(line('Here', here, now())));
  else if (!place.direct) blocks.push(text('None is posted in this channel.'));
  if (others.length > 0)
    blocks.push(
      text(
        others
          .slice(0, 15)
          .map((s) => `- ${line(channelMark(s.place.channel), s, now())}`)
          .join('\n'),
      ),
      ...(others.length > 15 ? [aside(`and ${others.length - 15} more`)] : []),
    );
  for (const schedule of mine)
    if (schedule)
      blocks.push(text(line(schedule.kind === 'personal' ? 'Your own' : 'Your reminder', schedule, now())));
  if (manages)
    blocks.push(
      here
        ? controls(here, context)
        : buttons({
            action: setupAction(undefined, learner.timezone ?? 'UTC'),
            label: 'Set it up here',
            style: 'primary',
          }),
    );
  else if (!here) blocks.push(buttons({ action: 'quiz:start', label: 'A question now' }));
  return privately(...blocks);
}

const line = (name: string, schedule: Schedule, now: number): string =>
  `${name}: ${told(schedule, now)} · ${nextWords(schedule)}${schedule.flagged === undefined ? '' : `\n⚠ I could not post: ${schedule.flagged}`}`;

async function scheduleOf(other: string | undefined, context: Context): Promise<Schedule> {
  const place = placeOf(other, context);
  mayManage(context, place);
  const schedule = place.direct
    ? await context.store.schedules.of(context.learner.id, 'personal')
    : await context.store.schedules.at(place);
  if (schedule?.next === undefined)
    throw new Refusal('No question is posted here. `/daily post at=09:00` sets it up.');
  return schedule;
}

async function pause(until: string | undefined, other: string | undefined, context: Context): Promise<Reply> {
  const { store, now } = context;
  const schedule = await scheduleOf(other, context);
  const date = until === undefined ? undefined : pauseDate(until, dayOf(wallAt(schedule.timezone, now())));
  const { pausedUntil: _, ...rest } = schedule;
  const since = now();
  const changed: Schedule = { ...rest, ...(date !== undefined && { pausedUntil: date }), since };
  const next = await nextOf(changed, context);
  await store.schedules.pause(schedule.id, { until: date, since, next });
  const words = date === undefined ? 'It goes on' : `Paused until ${date}`;
  return privately(
    text(`${words}: ${next === undefined ? 'nothing is due' : `the next one is ${moment(next)}`}.`),
  );
}

async function stop(other: string | undefined, context: Context): Promise<Reply> {
  return stopped(await scheduleOf(other, context), context);
}

async function stopped(schedule: Schedule, { store }: Context): Promise<Reply> {
  await store.schedules.move([{ id: schedule.id, next: undefined }]);
  return privately(
    text('No more questions are posted there. What was answered counts when the last one closes.'),
    aside('`/daily post` starts again with the same settings.'),
  );
}

/** Today's: of the channel if it has one, posted now by who manages it; else one for the person alone. */
async function today(context: Context): Promise<Reply> {
  const { store, place, person, learning, learner, now, random } = context;
  const schedule = place.direct ? undefined : await store.schedules.at(placeOf(undefined, context));
  if (schedule?.next === undefined) {
    const asked = await learning.quiz(learner, { count: 1 }, now(), random);
    if (!asked) throw new Refusal('There are no questions yet.');
    return privately(...(await asking(asked, context)));
  }
  const day = dayOf(wallAt(schedule.timezone, now()));
  const held = await store.slots.on(schedule.id, day);
  if (held?.message !== undefined) return privately(...(await mineBlocks(held, context)));
  if (held !== undefined)
    throw new Refusal(
      held.dropped ? `There is none today: ${held.dropped}.` : 'Today’s question is on its way.',
    );
  if (!person.manages)
    throw new Refusal(
      `Today’s question has not come yet: ${nextWords(schedule)}. \`/quiz\` asks you one at once.`,
    );
  const { slot, next } = await prepare(schedule, context, true);
  const [claimed] = slot ? await store.slots.claim([{ slot, next }]) : [];
  if (claimed === undefined) throw new Refusal('Today’s question is on its way.');
  if ((await deliver(claimed, context)) === 'posted')
    return privately(text('Posted. It is the one of today; the next comes at its own time.'));
  const why = (await store.schedules.get(schedule.id))?.flagged;
  return privately(
    text(`I could not post it${why ? `: ${why}` : ' just now'}. I keep trying while the day lasts.`),
  );
}

const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);
