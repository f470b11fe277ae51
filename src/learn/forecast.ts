/** The plan towards an interview, as a picture and in words. */
import type { Block } from '../chat.ts';
import type { Draw, ForecastView } from '../draw/index.ts';
import type { Learner } from '../store/index.ts';
import { dayIn } from './days.ts';
import { BEARABLE, type Plan } from './plan.ts';

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** `14 March 2027` */
export const dateWords = (day: string): string =>
  new Date(day).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });

export function forecastView(plan: Plan, learner: Learner, now: number): ForecastView {
  const left = plan.days.length;
  const weeks = Math.round(left / 7);
  const away = left < 14 ? `${left} ${left === 1 ? 'day' : 'days'}` : `${weeks} weeks`;
  return {
    title: `${away} to your interview on ${dateWords(learner.interview ?? '')}`,
    subtitle: `Aims at ${percent(plan.target)} recall · on the day ${percent(plan.kept)} if kept and answered well, ${percent(plan.idle)} if you stop now`,
    from: dayIn(learner.timezone, now),
    days: plan.days,
    level: plan.level,
  };
}

export async function forecastBlocks(
  plan: Plan,
  learner: Learner,
  now: number,
  { draw }: { readonly draw: Draw },
): Promise<Block[]> {
  const view = forecastView(plan, learner, now);
  const { bytes, mime } = await draw.forecast(view);
  const today = plan.days[0]!;
  const fresh = plan.days.reduce((sum, d) => sum + d.fresh, 0);
  const words = [
    `${view.title}.`,
    `At most ${plan.level} a day${learner.easyDays === undefined ? '' : ', half of that on easy days'}; today ${today.reviews} to review and ${today.fresh} new.`,
    `${fresh} questions are still to be met.`,
    `${view.subtitle}.`,
  ].join(' ');
  return [
    { kind: 'image', name: 'plan.png', bytes, mime, alt: words, title: view.title },
    ...(plan.level > BEARABLE
      ? [
          {
            kind: 'aside' as const,
            markdown: `${plan.level} a day is a lot: a later date, or fewer easy days, would make it less.`,
          },
        ]
      : []),
  ];
}
