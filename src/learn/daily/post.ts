/**
 * One post a schedule and local date, whatever is cut short where. The claim is written first, with what will be
 * posted and a lease; then the message is sent; then the claim is completed with its id. Who finds a claim whose lease
 * has run out looks for the message in the channel's own history before sending it again.
 */
import { aside, type Block, buttons, type Log, type Outbox, type Platform, text } from '../../chat.ts';
import type { Draw } from '../../draw/index.ts';
import { stream } from '../../sim/chance.ts';
import type { NewSlot, Schedule, Slot, Store } from '../../store/index.ts';
import { cardOf } from '../generated.ts';
import type { Learning } from '../index.ts';
import type { Question } from '../question.ts';
import { asking } from '../show.ts';
import { span } from '../words.ts';
import { fromRun, inOrder } from './pick.ts';
import { markerOf, postBlocks, tallyOf } from './present.ts';
import { closesAt, type Due, isOver, levelOn, upcoming } from './timing.ts';
import { dayAfter, dayOf, wallAt } from './zone.ts';

export interface DailyTools {
  readonly store: Store;
  readonly learning: Learning;
  readonly draw: Draw;
  /** epoch ms */
  now(): number;
  /** adapters that are up */
  outbox(platform: Platform): Outbox | undefined;
  readonly log?: Log;
}

const MINUTE = 60_000;
/** ms a claim is left alone: longer than any post takes that still succeeds */
export const LEASE = 3 * MINUTE;
/** ms between attempts where the bot may not post: somebody has to change a setting first */
const BLOCKED = 60 * MINUTE;
/** longest between attempts where something failed on the way, ms */
const LATEST = 30 * MINUTE;

/** ms after which a message of unknown fate is no longer looked for */
const LOOKED = 3 * 24 * 60 * MINUTE;

export interface Prepared {
  /** undefined where nothing is due yet */
  readonly slot?: NewSlot;
  readonly next: number | undefined;
}

/** Dates around today that need no second look. */
const taken = (schedule: Schedule, { store, now }: DailyTools) =>
  store.slots.days(schedule.id, dayAfter(dayOf(wallAt(schedule.timezone, now())), -1));

/** When a schedule is due next, given what it has posted. */
export async function nextOf(schedule: Schedule, tools: DailyTools): Promise<number | undefined> {
  return upcoming(schedule, tools.now(), await taken(schedule, tools))?.at;
}

/**
 * What is to be claimed for a schedule that is due, and when it is due after that. `early` posts today's before its
 * time. Undefined question: there is none for its topic and levels.
 */
export async function prepare(schedule: Schedule, tools: DailyTools, early = false): Promise<Prepared> {
  const now = tools.now();
  const days = await taken(schedule, tools);
  const today = dayOf(wallAt(schedule.timezone, now));
  const due: Due | undefined = early
    ? days.has(today)
      ? undefined
      : { day: today, at: now }
    : upcoming(schedule, now, days);
  if (due === undefined || due.at > now) return { next: due?.at };
  const next = upcoming(schedule, now, new Set([...days, due.day]))?.at;
  const common = { schedule: schedule.id, ...due, lease: now + LEASE };
  if (schedule.kind === 'reminder') return { slot: common, next };
  const picked = await pick(schedule, due.day, tools);
  if (picked === undefined) return { slot: common, next };
  const { put, question } = picked;
  const slot: NewSlot = {
    ...common,
    question: put,
    use: cardOf(put),
    ...(question.moment && { made: question }),
    ...(schedule.kind === 'channel' && {
      closes: Math.round(closesAt(now, schedule.closeAfter, next)),
    }),
  };
  if (schedule.kind === 'channel' || schedule.owner === undefined) return { slot, next };
  const owner = await tools.store.learners.get(schedule.owner);
  const asked = owner && (await tools.learning.drill(owner, [put], now));
  return { slot: asked ? { ...slot, session: asked.ask.session.id } : common, next };
}

/** The date's question for a schedule: of a fresh run on some dates, else of the bank. */
async function pick(
  schedule: Schedule,
  day: string,
  { store, learning }: DailyTools,
): Promise<{ put: string; question: Question } | undefined> {
  const { id, topic, lowest, highest, rising, runs, owner } = schedule;
  const within = ({ level }: { readonly level: number }) => level >= lowest && level <= highest;
  const seed = `${id} ${day}`;
  const wish = rising ? levelOn(day, schedule) : undefined;
  const uses = new Map((await store.schedules.uses(id)).map((use) => [use.question, use]));
  // What a learner has met elsewhere is not new to them.
  if (owner !== undefined)
    for (const { question } of await store.cards.all(owner)) {
      const { count = 0, last = '' } = uses.get(question) ?? {};
      uses.set(question, { question, count: count + 1, last });
    }
  const order = <C extends { id: string; level: number }>(all: readonly C[]) =>
    inOrder(all.filter(within), [...uses.values()], wish, seed);
  const questions = order(learning.bank.of({ topic }));
  const generators = order(learning.generators.of({ topic }));
  const made = async () => {
    for (const generator of generators.slice(0, 3)) {
      // The same seeds on the same date: one run and one picture serve every channel.
      const put = await learning.generators.fresh(generator.id, stream(0, `${generator.id} ${day}`));
      const question = put && (await learning.question(put));
      if (put && question) return { put, question };
    }
    return undefined;
  };
  const first = fromRun(runs, seed) ? await made() : undefined;
  if (first) return first;
  const question = questions[0];
  return question ? { put: question.id, question } : runs > 0 ? made() : undefined;
}

/** The question of a slot as it was posted. */
export async function questionOf(slot: Slot, learning: Learning): Promise<Question | undefined> {
  if (slot.made !== undefined) return slot.made as Question;
  return slot.question === undefined ? undefined : learning.question(slot.question);
}

type Delivered = 'posted' | 'dropped' | 'later';

/**
 * Sends what a claim holds, once. Never rejects for what a platform refuses; what the store refuses, it does.
 * @param complete keeps the message's id; a caller may let many share a transaction
 */
export async function deliver(
  slot: Slot,
  tools: DailyTools,
  complete = (id: number, message: string) => tools.store.slots.posted([{ id, message }]),
): Promise<Delivered> {
  const { store, now, outbox, log } = tools;
  const schedule = await store.schedules.get(slot.schedule);
  const out = schedule && outbox(schedule.place.platform);
  if (schedule === undefined || out === undefined) return 'later';
  const { place } = schedule;
  if (now() > slot.at + LOOKED) {
    await store.slots.drop(slot.id, 'nobody could look whether it was posted');
    return 'dropped';
  }
  try {
    // An attempt that was cut short may have got through.
    const already = slot.tries > 0 ? await out.find(place, markerOf(slot)) : undefined;
    if (already !== undefined) {
      await complete(slot.id, already.message);
      return 'posted';
    }
    const drop = async (why: string): Promise<Delivered> => {
      await store.slots.drop(slot.id, why);
      return 'dropped';
    };
    if (schedule.next === undefined) return await drop('stopped');
    if (isOver(schedule, slot, now())) return await drop('the day was over');
    const content = await contentOf(slot, schedule, tools);
    if (typeof content === 'string') {
      if (schedule.kind === 'channel' && slot.question === undefined)
        await store.schedules.flag(schedule.id, content);
      return await drop(content);
    }
    const { message } = await out.post(place, { blocks: content, marker: markerOf(slot) });
    await complete(slot.id, message);
    if (schedule.flagged !== undefined) await store.schedules.flag(schedule.id, undefined);
    return 'posted';
  } catch (error) {
    const why = await out.obstacle(place).catch(() => undefined);
    if (why !== undefined && isOver(schedule, slot, now())) {
      await store.slots.drop(slot.id, why);
      return 'dropped';
    }
    const wait = why === undefined ? Math.min(LATEST, MINUTE * 2 ** slot.tries) : BLOCKED;
    await store.slots.lease(slot, now() + wait);
    log?.warn(
      { err: error, schedule: schedule.id, day: slot.day, why },
      'a post was not possible; it is kept',
    );
    if (why !== undefined && (await store.schedules.flag(schedule.id, why)))
      await tellMaker(schedule, why, out, tools);
    return 'later';
  }
}

/** Who set the schedule up hears once that it no longer works; where they cannot be written to, `/daily list` says it. */
async function tellMaker(
  schedule: Schedule,
  why: string,
  out: Outbox,
  { store, log }: DailyTools,
): Promise<void> {
  if (schedule.kind !== 'channel') return;
  try {
    const maker = await store.schedules.maker(schedule);
    if (maker === undefined) return;
    await out.direct(maker, {
      blocks: [
        text(`I could not post the question of the day: ${why}`),
        aside(
          'The schedule is kept, and I try again every hour while the day lasts. `/daily list` shows how it stands.',
        ),
      ],
    });
  } catch (error) {
    log?.warn({ err: error, schedule: schedule.id }, 'nobody could be told');
  }
}

/** What is sent, or why nothing is. */
async function contentOf(slot: Slot, schedule: Schedule, tools: DailyTools): Promise<Block[] | string> {
  const { store, learning, now } = tools;
  const { kind, owner } = schedule;
  if (kind === 'channel') {
    const question = await questionOf(slot, learning);
    if (question === undefined)
      return `There is no question on ${schedule.topic ?? 'any topic'} of level ${schedule.lowest} to ${schedule.highest}.`;
    return postBlocks(slot, question, await lastOf(slot, tools), tools);
  }
  const learner = owner === undefined ? undefined : await store.learners.get(owner);
  if (learner === undefined) return 'nobody is there to ask';
  if (isNight(schedule.timezone, now()) && now() > slot.at + LEASE) return 'it is night by now';
  if (kind === 'personal') {
    const asked = slot.session === undefined ? undefined : await learning.find(slot.session, 0, now());
    if (asked === undefined) return 'there is no question left';
    return [
      aside('Your question of the day'),
      ...(await asking(asked, tools)),
      buttons(...stopping('personal')),
    ];
  }
  const due = await learning.due(learner, now());
  if (due === 0) return 'nothing is due';
  return [
    text(
      `**${due} ${due === 1 ? 'review is' : 'reviews are'} due.** About ${span(due * SECONDS_EACH * 1000)}.`,
    ),
    buttons({ action: 'review:start', label: 'Review now', style: 'primary' }, ...stopping('reminder')),
  ];
}

/** a review by tapping, as learners here take it */
const SECONDS_EACH = 30;

const stopping = (kind: 'personal' | 'reminder') => [
  { action: 'daily:later', label: 'Not today' },
  { action: `daily:quiet:${kind}`, label: 'Stop these' },
];

/** Between 22:00 and 07:00 nobody is reminded of anything. */
const isNight = (timezone: string, at: number): boolean => atNight((wallAt(timezone, at) / MINUTE) % 1440);
export const atNight = (minute: number): boolean => minute >= 22 * 60 || minute < 7 * 60;

/** How the question before went, where anybody answered it. */
async function lastOf(slot: Slot, { store, learning, now }: DailyTools) {
  const before = await store.slots.before(slot.schedule, slot.day);
  if (before?.closes === undefined || before.closes > now()) return undefined;
  const [question, answers] = await Promise.all([
    questionOf(before, learning),
    store.slots.answers(before.id),
  ]);
  if (question === undefined || question.kind === 'text' || answers.length === 0) return undefined;
  return { slot: before.id, tally: tallyOf(question, answers) };
}
