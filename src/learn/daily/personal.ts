/** A learner's own question of the day and their reminders: private, opt-in, at their hour. */
import { aside, buttons, type Outbox, type Person, type Place, type Platform, text } from '../../chat.ts';
import type { Learner, Schedule, ScheduleSettings, Store } from '../../store/index.ts';
import { atNight } from './post.ts';
import { ALL_DAYS, clock, upcoming } from './timing.ts';
import { dayAfter, dayOf, wallAt } from './zone.ts';

interface Tools {
  readonly store: Store;
  /** epoch ms */
  now(): number;
  outbox(platform: Platform): Outbox | undefined;
}

export type Personal = 'personal' | 'reminder';

/** What may be chosen; what is left out is every day, every topic and level, the learner's own zone. */
export interface Wish
  extends Partial<
    Pick<
      ScheduleSettings,
      | 'timezone'
      | 'weekdays'
      | 'holidays'
      | 'pausedUntil'
      | 'topic'
      | 'lowest'
      | 'highest'
      | 'rising'
      | 'runs'
    >
  > {
  /** minutes after local midnight */
  readonly minute: number;
}

const NAMES = { personal: 'question of the day', reminder: 'reminder' } as const;

/**
 * Sends a learner their own question or reminder from now on, where they are written to privately. In any other place
 * a first message opens that conversation, and shows whether there can be one.
 * @returns in words why not, where it is at night or they accept no messages
 */
export async function schedulePersonal(
  kind: Personal,
  { minute, ...wish }: Wish,
  who: { readonly learner: Learner; readonly person: Person; readonly place: Place },
  { store, now, outbox }: Tools,
): Promise<Schedule | string> {
  if (kind === 'reminder' && atNight(minute))
    return `${clock(minute)} is at night: reminders come between 07:00 and 22:00.`;
  const { learner, person } = who;
  const held = await store.schedules.of(learner.id, kind);
  const timezone = wish.timezone ?? learner.timezone ?? 'UTC';
  const place =
    who.place.direct === true
      ? who.place
      : held?.person?.id === person.id && held.place.platform === person.platform
        ? held.place
        : (
            await outbox(person.platform)?.direct(person, {
              blocks: [text(`Your ${NAMES[kind]} comes here at ${clock(minute)} (${timezone}).`)],
            })
          )?.place;
  if (place === undefined)
    return 'I cannot write to you privately: your settings do not accept messages from me. Allow them, then set it again.';
  const settings: ScheduleSettings = {
    kind,
    place,
    owner: learner.id,
    person,
    minute,
    weekdays: ALL_DAYS,
    holidays: [],
    lowest: 1,
    highest: 5,
    rising: false,
    runs: 25,
    ...wish,
    timezone,
    since: now(),
  };
  const today = dayOf(wallAt(timezone, now()));
  const taken = held ? await store.slots.days(held.id, dayAfter(today, -1)) : new Set<string>();
  return store.schedules.put(settings, upcoming(settings, now(), taken)?.at);
}

export async function stopPersonal(kind: Personal, learner: Learner, { store }: Tools): Promise<void> {
  const held = await store.schedules.of(learner.id, kind);
  if (held !== undefined) await store.schedules.move([{ id: held.id, next: undefined }]);
}

/** Neither question nor reminder for the rest of the learner's day. */
export async function notToday(learner: Learner, { store, now }: Tools): Promise<void> {
  for (const kind of ['personal', 'reminder'] as const) {
    const held = await store.schedules.of(learner.id, kind);
    if (held?.next === undefined) continue;
    const tomorrow = dayAfter(dayOf(wallAt(held.timezone, now())));
    const until = held.pausedUntil !== undefined && held.pausedUntil > tomorrow ? held.pausedUntil : tomorrow;
    const taken = await store.slots.days(held.id, dayAfter(tomorrow, -2));
    const since = now();
    const next = upcoming({ ...held, pausedUntil: until, since }, since, taken)?.at;
    await store.schedules.pause(held.id, { until, since, next });
  }
}

export const laterBlocks = (due: number) => [
  text('Not today, then.'),
  ...(due > 0 ? [aside(`${due} will still be there tomorrow.`)] : []),
];

export const stoppedBlocks = (kind: Personal) => [
  text(kind === 'reminder' ? 'No more reminders.' : 'No more questions from me of my own accord.'),
  aside('`/settings` turns it on again.'),
  buttons({ action: 'quiz:start', label: 'A question now' }),
];
