import { z } from 'zod';
import {
  aside,
  type Block,
  type Button,
  buttons,
  type Form,
  heading,
  privately,
  type Reply,
  text,
} from '../chat.ts';
import { type Personal, schedulePersonal, stopPersonal } from '../learn/daily/personal.ts';
import { ALL_DAYS, clock, readTime, readWeekdays, weekdayWords } from '../learn/daily/timing.ts';
import { completeZone, nearestZone, zoneOf } from '../learn/daily/zone.ts';
import { dateWords, forecastBlocks, percent } from '../learn/forecast.ts';
import { daysTo } from '../learn/minds.ts';
import type { Learner, Schedule } from '../store/index.ts';
import { type Context, commandWithVerbs, type Press, Refusal, verb } from './command.ts';
import { CODE_FORM, offer, take } from './settings-link.ts';

/** no plan reaches further */
const FURTHEST = 366;
const OFF = /^(off|none|no|never|stop|-)$/i;
const NAMES = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** Personal settings, and one learner in several chats. */
export default commandWithVerbs({
  name: 'settings',
  summary: 'Your time zone, reminders, interview date, who sees you, and your other chats.',
  private: true,
  default: 'set',
  examples: ['/settings', '/settings timezone=Europe/Lisbon remind=08:30', '/settings interview=2027-03-14'],
  verbs: {
    set: verb({
      summary: 'Show your settings, or change the ones you name',
      private: true,
      input: z.object({
        timezone: z
          .string()
          .optional()
          .describe('IANA zone, such as Europe/Lisbon')
          .meta({ completes: true }),
        remind: z
          .string()
          .optional()
          .describe('When to remind you of due reviews, such as 08:30, or off')
          .meta({ phrase: true }),
        public: z.boolean().optional().describe('Whether leaderboards and others may show you'),
        interview: z.string().optional().describe('Date to plan towards, such as 2027-03-14, or off'),
        easy: z
          .string()
          .optional()
          .describe('Days of half the load, such as sat sun, or off')
          .meta({ phrase: true }),
        daily: z
          .string()
          .optional()
          .describe('A question of your own each day, such as 09:00 or mon-fri 09:00, or off')
          .meta({ phrase: true }),
      }),
      run: (wishes, context) => change(wishes, context),
    }),
    link: verb({
      summary: 'Join your identities on Discord, Slack and the page into one history',
      private: true,
      input: z.object({
        code: z.string().optional().describe('The code shown in your other chat; none to get one'),
      }),
      run: ({ code }, context) => (code === undefined ? offer(context) : take(code, context)),
    }),
  },
  complete(option, typed) {
    return option === 'timezone' ? completeZone(typed).map((zone) => ({ value: zone, label: zone })) : [];
  },
  actions: {
    show: { how: 'update', run: (_press, context) => show(context) },
    edit: { how: 'form', form: ({ words }) => form(words), run: (_press, context) => show(context) },
    save: { how: 'update', run: (press, context) => change(filled(press), context) },
    public: { how: 'update', run: ({ words }, context) => change({ public: words[0] === 'on' }, context) },
    link: { how: 'private', run: (_press, context) => offer(context) },
    code: { how: 'form', form: () => CODE_FORM, run: (_press, context) => offer(context) },
    linked: { how: 'update', run: (press, context) => take(line(press, 'code'), context) },
  },
});

interface Wishes {
  readonly timezone?: string | undefined;
  readonly remind?: string | undefined;
  readonly public?: boolean | undefined;
  readonly interview?: string | undefined;
  readonly easy?: string | undefined;
  readonly daily?: string | undefined;
}

/** Checks every wish before any is granted: half a change would be a surprise. Throws Refusal. */
async function change(wishes: Wishes, context: Context): Promise<Reply> {
  const { store, learner, learning, now } = context;
  const zone = wishes.timezone === undefined ? undefined : zoneIn(wishes.timezone);
  const remind = wishes.remind === undefined ? undefined : momentIn(wishes.remind);
  const daily = wishes.daily === undefined ? undefined : momentIn(wishes.daily);
  const easyDays = wishes.easy === undefined ? undefined : easyIn(wishes.easy);
  const timezone = zone ?? learner.timezone;
  const interview =
    wishes.interview === undefined ? undefined : dateIn(wishes.interview, { ...learner, timezone }, now());
  if (Object.values(wishes).every((wish) => wish === undefined)) return show(context);

  if (zone !== undefined) await store.learners.setTimezone(learner.id, zone);
  if (interview !== undefined || easyDays !== undefined) {
    await store.learners.setPlan(learner.id, {
      ...(interview !== undefined && { interview }),
      ...(easyDays !== undefined && { easyDays }),
    });
  }
  if (wishes.public !== undefined) await store.learners.setHidden(learner.id, !wishes.public);
  const changed = (await store.learners.get(learner.id)) ?? learner;
  const notes: string[] = [];
  for (const [kind, wish] of [
    ['reminder', remind],
    ['personal', daily],
  ] as const) {
    const why = await schedule(kind, wish, zone, { ...context, learner: changed });
    if (why !== undefined) notes.push(why);
  }
  if (interview !== undefined || (easyDays !== undefined && changed.interview !== undefined)) {
    const plan = await learning.plan(changed, now(), true);
    await store.learners.setPlan(learner.id, { retention: plan?.target ?? null });
  }
  return show({ ...context, learner: (await store.learners.get(learner.id)) ?? changed }, notes);
}

/** Sets, stops or moves a personal schedule with its owner. @returns in words why it could not be */
async function schedule(
  kind: Personal,
  wish: Moment | undefined,
  zone: string | undefined,
  context: Context,
): Promise<string | undefined> {
  const { store, learner, person, place } = context;
  if (wish === 'off') {
    await stopPersonal(kind, learner, context);
    return undefined;
  }
  const held = await store.schedules.of(learner.id, kind);
  if (wish === undefined) {
    if (zone === undefined || held?.next === undefined) return undefined;
    // Where it is sent stays; only its clock is another one.
    const who = { learner, person: held.person ?? person, place: held.place };
    const moved = await schedulePersonal(kind, { ...wishOf(held), timezone: zone }, who, context);
    return typeof moved === 'string' ? moved : undefined;
  }
  const base = held === undefined ? {} : wishOf(held);
  const timezone = learner.timezone ?? 'UTC';
  const result = await schedulePersonal(
    kind,
    { ...base, ...wish, timezone },
    { learner, person, place },
    context,
  );
  return typeof result === 'string' ? result : undefined;
}

const wishOf = ({ minute, weekdays, holidays, topic, lowest, highest, rising, runs }: Schedule) => ({
  minute,
  weekdays,
  holidays,
  lowest,
  highest,
  rising,
  runs,
  ...(topic !== undefined && { topic }),
});

async function show(context: Context, notes: readonly string[] = []): Promise<Reply> {
  const { store, learner, learning, now } = context;
  const [reminder, personal, identities, plan] = await Promise.all([
    store.schedules.of(learner.id, 'reminder'),
    store.schedules.of(learner.id, 'personal'),
    store.learners.identities(learner.id),
    learning.plan(learner, now()),
  ]);
  const others = identities.map((i) => PLATFORMS[i.platform]);
  const lines = [
    `Time zone: **${learner.timezone ?? 'UTC'}**; your days and streak follow its midnight.`,
    `Reminder of due reviews: **${timeOf(reminder)}**`,
    `A question of your own each day: **${timeOf(personal)}**`,
    `Shown to others: **${learner.hidden ? 'no, you are on no leaderboard' : 'yes'}**`,
    `Interview: **${learner.interview === undefined ? 'no date' : dateWords(learner.interview)}**${interviewNote(learner, now(), plan?.target)}`,
    `Easy days: **${learner.easyDays === undefined ? 'none' : learner.easyDays.map((d) => NAMES[d - 1]).join(', ')}**`,
    `Your chats: **${[...new Set(others)].join(', ')}**${identities.length > 1 ? `, ${identities.length} identities with one history` : ''}`,
  ];
  const blocks: Block[] = [heading('Your settings'), text(lines.join('\n'))];
  for (const note of notes) blocks.push(text(`**${note}**`));
  if (plan !== undefined) blocks.push(...(await forecastBlocks(plan, learner, now(), context)));
  const list: Button[] = [
    { action: editAction(learner, reminder, personal), label: 'Change', style: 'primary' },
    learner.hidden
      ? { action: 'settings:public:on', label: 'Show me' }
      : { action: 'settings:public:off', label: 'Hide me' },
    { action: 'settings:link', label: 'Link another chat' },
  ];
  blocks.push(
    buttons(...list),
    aside('`/privacy export` hands you everything held about you; `/privacy erase` removes it.'),
  );
  return privately(...blocks);
}

const PLATFORMS = { page: 'this page', discord: 'Discord', slack: 'Slack' } as const;

function interviewNote(learner: Learner, now: number, target: number | undefined): string {
  if (learner.interview === undefined) return '';
  if (target !== undefined) return `; until then, reviews aim at ${percent(target)} recall`;
  return daysTo(learner, learner.interview, now) === 0 ? '; good luck today' : '; that was in the past';
}

const timeOf = (held: Schedule | undefined): string =>
  held?.next === undefined
    ? 'off'
    : `${daysOf(held.weekdays)}${clock(held.minute)} (${held.timezone})${held.flagged === undefined ? '' : `; the last one failed: ${held.flagged}`}`;

const daysOf = (weekdays: readonly number[]): string =>
  weekdays.length === ALL_DAYS.length ? '' : `${weekdayWords(weekdays)} at `;

function zoneIn(typed: string): string {
  const zone = zoneOf(typed);
  if (zone !== undefined) return zone;
  const hint = nearestZone(typed);
  throw new Refusal(
    `There is no time zone \`${typed.trim().slice(0, 40)}\`${hint === undefined ? '.' : `; did you mean \`${hint}\`?`} Zones are written as IANA does: \`Europe/Lisbon\`, \`Asia/Kolkata\`, \`UTC\`.`,
  );
}

type Moment = 'off' | { readonly minute: number; readonly weekdays?: readonly number[] };

/** `08:30`, `mon-fri 08:30`, `off`. Throws Refusal. */
function momentIn(typed: string): Moment {
  const words = typed.trim();
  if (OFF.test(words)) return 'off';
  const [, days = '', time = words] =
    /^(.*?)\s*(\d{1,2}(?:[:.h]\d{2})?\s*(?:am|pm|a\.m\.|p\.m\.)?|noon)$/i.exec(words) ?? [];
  const minute = readTime(time);
  if (typeof minute === 'string') throw new Refusal(`${minute} \`off\` turns it off.`);
  if (days.trim() === '') return { minute };
  const weekdays = readWeekdays(days);
  if (typeof weekdays === 'string') throw new Refusal(weekdays);
  return { minute, weekdays };
}

function easyIn(typed: string): readonly number[] {
  if (OFF.test(typed.trim()) || typed.trim() === '') return [];
  const days = readWeekdays(typed);
  if (typeof days === 'string') throw new Refusal(days);
  if (days.length === ALL_DAYS.length)
    throw new Refusal('Not every day can be an easy one: name at most six, such as `sat sun`.');
  return [...days].sort((a, b) => a - b);
}

/** Null for none. Throws Refusal. */
function dateIn(typed: string, learner: Learner, now: number): string | null {
  const day = typed.trim();
  if (OFF.test(day) || day === '') return null;
  const real = /^\d{4}-\d{2}-\d{2}$/.test(day) && new Date(`${day}T00:00:00Z`).toJSON()?.slice(0, 10) === day;
  if (!real)
    throw new Refusal(
      `\`${day.slice(0, 20)}\` is no date: write year-month-day, such as \`2027-03-14\`, or \`off\`.`,
    );
  const left = daysTo(learner, day, now);
  if (left < 1)
    throw new Refusal(`${dateWords(day)} is not in the future: name a day from tomorrow on, or \`off\`.`);
  if (left > FURTHEST)
    throw new Refusal(`${dateWords(day)} is more than a year away: name it when it is closer.`);
  return day;
}

/** The form opens at once, so what is set now travels in its button: `settings:edit:<zone>:0830:0900:2027-03-14:67`. */
function editAction(
  learner: Learner,
  reminder: Schedule | undefined,
  personal: Schedule | undefined,
): string {
  const at = (held: Schedule | undefined) =>
    held?.next === undefined ? '' : clock(held.minute).replace(':', '');
  return [
    'settings:edit',
    learner.timezone ?? 'UTC',
    at(reminder),
    at(personal),
    learner.interview ?? '',
    (learner.easyDays ?? []).join(''),
  ].join(':');
}

function form(words: readonly string[]): Form {
  const { timezone, remind, daily, interview, easy } = shownIn(words);
  return {
    action: ['settings:save', ...words].join(':'),
    title: 'Your settings',
    submit: 'Save',
    fields: [
      {
        kind: 'line',
        name: 'timezone',
        label: 'Time zone',
        hint: 'Such as Europe/Lisbon',
        value: timezone,
        required: true,
        maxLength: 60,
      },
      {
        kind: 'line',
        name: 'remind',
        label: 'Remind me of due reviews at',
        hint: 'Such as 08:30, or off',
        value: remind,
        maxLength: 40,
      },
      {
        kind: 'line',
        name: 'daily',
        label: 'A question of my own each day at',
        hint: 'Such as 09:00, mon-fri 09:00, or off',
        value: daily,
        maxLength: 40,
      },
      {
        kind: 'line',
        name: 'interview',
        label: 'Interview on',
        hint: 'Such as 2027-03-14, or off',
        value: interview,
        maxLength: 20,
      },
      {
        kind: 'several',
        name: 'easy',
        label: 'Easy days, half the load',
        required: false,
        options: NAMES.map((label, i) => ({ value: String(i + 1), label })),
        value: easy === 'off' ? [] : easy.split(' '),
      },
    ],
  };
}

/** Only what was changed is a wish: a date that has passed must not stand in the way of a new zone. */
function filled(press: Press): Wishes {
  const easy = [press.fields.easy ?? []].flat().filter((d) => /^[1-7]$/.test(d));
  const now = {
    timezone: line(press, 'timezone'),
    remind: line(press, 'remind') || 'off',
    daily: line(press, 'daily') || 'off',
    interview: line(press, 'interview') || 'off',
    easy: easy.join(' ') || 'off',
  };
  const before = shownIn(press.words);
  const changed = Object.entries(now).filter(
    ([name, value]) => value !== before[name as keyof typeof before],
  );
  return Object.fromEntries(changed.filter(([, value]) => value !== ''));
}

/** what the form began with */
function shownIn([timezone = 'UTC', remind = '', daily = '', interview = '', easy = '']: readonly string[]) {
  const time = (digits: string) => (digits === '' ? 'off' : `${digits.slice(0, 2)}:${digits.slice(2)}`);
  return {
    timezone,
    remind: time(remind),
    daily: time(daily),
    interview: interview || 'off',
    easy: [...easy].join(' ') || 'off',
  };
}

const line = ({ fields }: Press, name: string): string => [fields[name] ?? ''].flat().join(' ').trim();
