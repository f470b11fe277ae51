/** Each learner's own memory: trained parameters where they predict better, and the retention of their plan. */
import type { FSRSParameters } from 'ts-fsrs';
import type { Learner, Replayed, Review, Store } from '../store/index.ts';
import type { Bank } from './bank.ts';
import { dayIn } from './days.ts';
import { replayed } from './joining.ts';
import { createMemory, type Memory, STEPS } from './memory.ts';
import { choosePlan, type Plan, planAt, type Situation } from './plan.ts';

const DAY = 86_400_000;
/** memories kept ready */
const READY = 500;

export interface Minds {
  of(learner: number, now: number): Promise<Memory>;
  /** as it was when last asked for; what everybody starts with if it never was */
  last(learner: number): Memory;
  /** the plan of a learner with an interview ahead; `afresh` chooses the target anew instead of keeping it */
  plan(learner: Learner, now: number, afresh?: boolean): Promise<Plan | undefined>;
  /** What the plan puts on today, as it was when first asked for today: what was done is not replaced by more. */
  today(learner: Learner, now: number): Promise<ReadonlySet<string>>;
  replay(log: readonly Review[]): Replayed;
}

/** Days from today to that local date; negative for one in the past. */
export const daysTo = (learner: Pick<Learner, 'timezone'>, date: string, now: number): number =>
  Math.round((Date.parse(date) - Date.parse(dayIn(learner.timezone, now))) / DAY);

export function createMinds(
  store: Store,
  bank: Bank,
  knows: (card: string) => boolean,
  parameters: Partial<FSRSParameters> = STEPS,
): Minds {
  const everybody = createMemory(parameters);
  const ready = new Map<string, Memory>();
  const latest = new Map<number, Memory>();

  const make = (own: Partial<FSRSParameters>): Memory => {
    if (Object.keys(own).length === 0) return everybody;
    const key = JSON.stringify(own);
    const known = ready.get(key);
    if (known !== undefined) return known;
    if (ready.size >= READY) ready.clear();
    const memory = createMemory({ ...parameters, ...own });
    ready.set(key, memory);
    return memory;
  };

  const weights = async (learner: number) => {
    const trained = (await store.memories.get(learner))?.parameters;
    return trained === undefined ? {} : { w: [...trained] };
  };
  /** On the way to a date, more is to be recalled, and nothing may come back only after it. */
  const towards = (left: number, target: number) => ({
    request_retention: target,
    maximum_interval: Math.max(1, left),
  });

  const plan: Minds['plan'] = async (learner, now, afresh = false) => {
    if (learner.interview === undefined) return undefined;
    const left = daysTo(learner, learner.interview, now);
    if (left < 1) return undefined;
    const [own, cards] = await Promise.all([weights(learner.id), store.cards.all(learner.id)]);
    const met = new Set(cards.map((card) => card.question));
    const weekday = (new Date(dayIn(learner.timezone, now)).getUTCDay() + 6) % 7;
    const situation: Situation = {
      now,
      left,
      easy: (day) => learner.easyDays?.includes(((weekday + day) % 7) + 1) ?? false,
      known: cards.filter((card) => knows(card.question)).map((card) => ({ id: card.question, card })),
      unmet: bank.questions.filter((q) => !met.has(q.id)).map((q) => q.id),
    };
    const memoryFor = (target: number) => make({ ...own, ...towards(left, target) });
    return afresh || learner.retention === undefined
      ? choosePlan(situation, memoryFor)
      : planAt(situation, memoryFor(learner.retention), learner.retention);
  };
  const todays = new Map<string, ReadonlySet<string>>();

  return {
    async of(learner, now) {
      const [own, held] = await Promise.all([weights(learner), store.learners.get(learner)]);
      const left = held?.interview === undefined ? 0 : daysTo(held, held.interview, now);
      const memory = make({
        ...own,
        ...(left > 0 && held?.retention !== undefined && towards(left, held.retention)),
      });
      if (latest.size >= READY) latest.clear();
      latest.set(learner, memory);
      return memory;
    },
    last: (learner) => latest.get(learner) ?? everybody,
    plan,
    async today(learner, now) {
      if (learner.interview === undefined) return new Set();
      const { id, timezone, interview, easyDays, retention } = learner;
      const key = JSON.stringify([id, dayIn(timezone, now), interview, easyDays, retention]);
      const known = todays.get(key);
      if (known !== undefined) return known;
      const today = new Set((await plan(learner, now))?.today);
      if (todays.size >= READY) todays.clear();
      todays.set(key, today);
      return today;
    },
    replay: replayed(everybody),
  };
}
