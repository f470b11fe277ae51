/**
 * The two forms of a schedule: when and what, and the rest of it. Discord takes five fields a form. What holds now rides
 * on the button that opens a form, because a form opens before anything can be looked up.
 */
import type { Form } from '../chat.ts';
import { ALL_DAYS, clock, rangesOf } from '../learn/daily/timing.ts';
import type { Schedule } from '../store/index.ts';
import { action, type Press, type Tools } from './command.ts';
import { hours, type Typed } from './daily-setup.ts';

/** daily:setup:<what holds now>:<schedule>, which opens the form below */
export const setupAction = (schedule: Schedule | undefined, timezone: string): string =>
  action(
    'daily',
    'setup',
    schedule ? clock(schedule.minute).replace(':', '') : '0900',
    schedule?.timezone ?? timezone,
    (schedule?.weekdays ?? ALL_DAYS).join(''),
    schedule ? `${schedule.lowest}-${schedule.highest}` : '1-5',
    schedule?.topic ?? '',
    String(schedule?.id ?? ''),
  );

export function setupForm({ words }: Press, { learning }: Tools): Form {
  const [at = '0900', timezone = 'UTC', days = '1234567', level = '1-5', topic = '', id = ''] = words;
  const names = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
  const levels = ['1-5', '1-2', '1-3', '2-3', '2-4', '3-4', '3-5', '4-5', '1-1', '2-2', '3-3', '4-4', '5-5'];
  return {
    action: action('daily', 'setup', id),
    title: 'Question of the day',
    submit: 'Set',
    fields: [
      {
        kind: 'line',
        name: 'at',
        label: 'Time of day',
        hint: 'Such as 09:00 or 21:30',
        required: true,
        maxLength: 20,
        value: `${at.slice(0, 2)}:${at.slice(2)}`,
      },
      {
        kind: 'line',
        name: 'timezone',
        label: 'Time zone',
        hint: 'Such as Europe/Lisbon or America/New_York',
        required: true,
        maxLength: 60,
        value: timezone,
      },
      {
        kind: 'several',
        name: 'days',
        label: 'Days',
        required: true,
        options: names.map((label, i) => ({ value: String(i + 1), label })),
        value: [...days],
      },
      {
        kind: 'one',
        name: 'topic',
        label: 'Topic',
        required: true,
        options: [
          { value: 'any', label: 'All topics' },
          ...learning.bank.topics.slice(0, 24).map((t) => ({ value: t.id, label: t.title })),
        ],
        value: [topic === '' ? 'any' : topic],
      },
      {
        kind: 'one',
        name: 'level',
        label: 'Levels',
        hint: '1 recall … 5 design judgement',
        required: true,
        options: [...new Set([...levels, level])].map((value) => {
          const [low, high] = value.split('-');
          return { value, label: low === high ? `only ${low}` : `${low} to ${high}` };
        }),
        value: [level],
      },
    ],
  };
}

/** days off that fit on a button beside the rest, as text */
const ROOM = 48;

/** daily:more:<schedule>:<what holds now>, which opens the form below */
export const moreAction = ({ id, closeAfter, rising, runs, pausedUntil, holidays }: Schedule): string => {
  const off = rangesOf(holidays).join(' ');
  return action(
    'daily',
    'more',
    String(id),
    String(closeAfter ?? ''),
    rising ? 'rising' : 'even',
    String(runs),
    pausedUntil ?? '',
    off.length <= ROOM ? off : '+',
  );
};

export function moreForm({ words }: Press): Form {
  const [id = '', close = '', order = 'even', runs = '25', until = '', off = ''] = words;
  const shares = [...new Set(['0', '10', '25', '50', '100', runs])].sort((a, b) => Number(a) - Number(b));
  return {
    action: off === '+' ? action('daily', 'more', id, 'keep') : action('daily', 'more', id),
    title: 'Question of the day: more',
    submit: 'Set',
    fields: [
      {
        kind: 'line',
        name: 'off',
        label: 'Days off',
        hint:
          off === '+'
            ? 'Too many to show here: left empty they stay, `none` clears them'
            : '2026-12-24..2027-01-02, or 12-25 for every year',
        maxLength: 400,
        value: off === '+' ? '' : off.replaceAll(' ', ', '),
      },
      {
        kind: 'line',
        name: 'close',
        label: 'Time to answer',
        hint: 'Such as 8h; left empty, until the next question',
        maxLength: 20,
        value: close === '' ? '' : hours(Number(close)),
      },
      {
        kind: 'one',
        name: 'order',
        label: 'Levels over the week',
        required: true,
        options: [
          { value: 'even', label: 'the same every day' },
          { value: 'rising', label: 'easier on Monday, harder towards the end' },
        ],
        value: [order],
      },
      {
        kind: 'one',
        name: 'runs',
        label: 'Questions made from fresh runs',
        required: true,
        options: shares.map((value) => ({ value, label: value === '0' ? 'none' : `${value} %` })),
        value: [runs],
      },
      {
        kind: 'line',
        name: 'until',
        label: 'Pause until',
        hint: 'The first day on which it goes on, such as 2027-01-07; empty for no pause',
        maxLength: 20,
        value: until,
      },
    ],
  };
}

/** What a form was filled in with; which of the two shows in its fields. */
export function typedIn({ fields, words }: Press): Typed {
  const field = (name: string) => [fields[name] ?? []].flat().join(' ').trim();
  if (fields.at !== undefined)
    return {
      at: field('at'),
      timezone: field('timezone'),
      days: field('days'),
      topic: field('topic'),
      level: field('level'),
    };
  return {
    ...((words[1] !== 'keep' || field('off') !== '') && { off: field('off') }),
    close: field('close'),
    rising: field('order') === 'rising',
    runs: Number(field('runs')),
    until: field('until'),
  };
}
