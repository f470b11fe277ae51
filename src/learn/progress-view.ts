/** Progress as a picture shows it, and the same in words. */
import type { ProgressView } from '../draw/index.ts';
import { plural } from '../sim/words.ts';
import type { Accuracy } from './accuracy.ts';
import { FORESEEN } from './accuracy.ts';
import { percent } from './forecast.ts';
import type { Group } from './group.ts';
import type { Progress } from './progress.ts';
import { bare, cut } from './words.ts';

/** days of the calendar */
const SHOWN = 17 * 7;

export function progressView(progress: Progress, today: string): ProgressView {
  const { streak, met, of, due, coming } = progress;
  const frozen = new Set(streak.frozen);
  const from = new Date(Date.parse(today) - SHOWN * 86_400_000).toISOString().slice(0, 10);
  const days = [
    ...progress.days.map(({ day, answers }) => ({ day, count: answers })),
    ...streak.frozen.map((day) => ({ day, count: 0, frozen: true })),
  ]
    .filter(({ day }) => day > from && day < today)
    .sort((a, b) => (a.day < b.day ? -1 : 1));
  const now = progress.days.find(({ day }) => day === today)?.answers ?? 0;
  return {
    title: 'Your progress',
    subtitle: `${streakWords(streak)} · ${met} of ${of} questions met · ${due === 0 ? 'nothing due now' : `${due} due now`}`,
    topics: progress.topics.map(({ topic, of: all, met: known, recall, learnt }) => ({
      name: topic.title,
      ...(recall !== undefined && { share: recall }),
      note: known === 0 ? 'not met yet' : learnt === 0 ? 'still to learn' : `${known} of ${all} met`,
    })),
    days: [...days, { day: today, count: now, ...(frozen.has(today) && { frozen: true }) }],
    coming,
    weakest: progress.weakest.map((weak) => ({ text: opening(weak.question.prompt), note: weakNote(weak) })),
  };
}

export function progressAlt(progress: Progress, today: string): string {
  const { topics, weakest, coming, met, of, due, streak } = progress;
  const week = progress.days.filter(({ day }) => day > weekBefore(today));
  const answers = week.reduce((sum, d) => sum + d.answers, 0);
  return [
    `Your progress: ${met} of ${of} questions met, ${due} due now, ${streakWords(streak)}.`,
    'What you would recall today:',
    ...topics.map(({ topic, recall, learnt, met: known, of: all }) => {
      const parts = [
        ...(recall === undefined ? [] : [`${percent(recall)} of ${learnt} learnt`]),
        ...(known > learnt ? [`${known - learnt} still to learn`] : []),
        ...(all > known ? [`${all - known} not met`] : []),
      ];
      return `- ${topic.title}: ${parts.join(', ')}`;
    }),
    `In the last seven days ${plural(answers, 'answer')} on ${plural(week.length, 'day')}.`,
    `Due today and in the next ${coming.length - 1} days: ${coming.join(', ')}.`,
    ...(weakest.length > 0
      ? ['Weakest:', ...weakest.map((w) => `- ${opening(w.question.prompt)} (${weakNote(w)})`)]
      : []),
  ].join('\n');
}

const weekBefore = (today: string): string =>
  new Date(Date.parse(today) - 7 * 86_400_000).toISOString().slice(0, 10);

const opening = (prompt: string): string => cut(bare(prompt.split('\n')[0] ?? ''), 110);

function weakNote({ learnt, recall, lapses }: Progress['weakest'][number]): string {
  if (!learnt) return 'not recalled yet';
  const times = lapses === 0 ? '' : lapses === 1 ? ', forgotten once' : `, forgotten ${lapses} times`;
  return `${percent(recall)}${times}`;
}

export const streakWords = ({ length, freezes }: Progress['streak']): string =>
  length === 0
    ? 'no streak'
    : `${length}-day streak${freezes === 0 ? '' : `, ${plural(freezes, 'freeze day')} left`}`;

export function groupView(group: Group): ProgressView {
  return {
    title: 'What this group forgets',
    subtitle: `${group.members} members · recall today by FSRS, over what each has met`,
    topics: group.topics.map(({ topic, recall, cards }) => ({
      name: topic.title,
      share: recall,
      note: plural(cards, 'card'),
    })),
    weakestTitle: 'Most forgotten',
    weakest: group.forgotten.map(({ question, recall, members }) => ({
      text: opening(question.prompt),
      note: `${percent(recall)} of ${members}`,
    })),
  };
}

export const groupAlt = (group: Group): string =>
  [
    `What this group of ${group.members} members would recall today:`,
    ...group.topics.map(({ topic, recall }) => `- ${topic.title}: ${percent(recall)}`),
    ...(group.forgotten.length > 0
      ? [
          'Most forgotten:',
          ...group.forgotten.map(
            (f) => `- ${opening(f.question.prompt)} (${percent(f.recall)}, met by ${f.members})`,
          ),
        ]
      : []),
  ].join('\n');

/** How far the forecast is to be trusted, beside forecasts that know nothing. */
export function accuracyWords(accuracy: Accuracy | undefined): string {
  if (accuracy === undefined)
    return `How good that forecast is can be told after ${FORESEEN} answers that come back on a later day.`;
  const { held, said, published, naive, calibration, training } = accuracy;
  const loss = (value: number) => value.toFixed(3);
  const words = [
    `Over ${held} answers it foresaw: log loss **${loss(said)}**, against ${loss(naive)} for always saying your share so far${Math.abs(published - said) < 0.0005 ? '' : ` and ${loss(published)} for FSRS as published`} (less is better${said > naive ? '; so far the plain share does better' : ''}).`,
  ];
  if (calibration.length > 0)
    words.push(
      `Where it said ${calibration.map((c) => `${percent(c.said)}, ${percent(c.was)} of ${c.held} came back`).join('; where ')}.`,
    );
  if (training?.trained !== undefined)
    words.push(
      `Parameters trained on your first three quarters scored ${loss(training.trained)} on the ${training.held} answers after, published ones ${loss(training.published)}, the plain share ${loss(training.naive)}: ${training.kept ? 'yours are in use' : 'the published ones stay in use'}.`,
    );
  return words.join(' ');
}
