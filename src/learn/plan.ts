/**
 * A plan backwards from the interview: every question is met, every card is due before the date, and no day carries
 * more than it must. Reviews to come are those FSRS expects if answers go well; the plan is made anew each time it is
 * asked for, so that it follows what really happened. Pure.
 */
import { setImmediate } from 'node:timers/promises';
import type { CardState } from '../store/index.ts';
import type { Memory } from './memory.ts';

const DAY = 86_400_000;
/** last days in which what would be due only after the date is looked at once more */
const FINAL = 7;
/** days by which a review may come early */
const EARLY = 3;
/** reviews foreseen for one card: beyond it the forecast says nothing */
const MOST = 40;
/** recall aimed for on the way: the highest whose load a day is bearable */
const TARGETS = [0.97, 0.95, 0.93, 0.9, 0.87, 0.85, 0.8] as const;
/** reviews and new questions a day */
export const BEARABLE = 30;

/** Something to be done on one of the days `from` … `to`, counted from today as 0. */
export interface Task {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  /** not met before */
  readonly fresh: boolean;
}

export interface Known {
  readonly id: string;
  readonly card: CardState;
}

export interface PlanDay {
  readonly reviews: number;
  readonly fresh: number;
  readonly easy: boolean;
}

export interface Plan {
  /** today first, the last day before the date last */
  readonly days: readonly PlanDay[];
  /** most of an ordinary day; an easy one carries half, rounded down */
  readonly level: number;
  /** recall aimed for, 0..1 */
  readonly target: number;
  /** for today, in order */
  readonly today: readonly string[];
  /** mean recall expected on the date over all questions if the plan is kept … */
  readonly kept: number;
  /** … and if nothing is done any more */
  readonly idle: number;
}

export interface Situation {
  /** epoch ms */
  readonly now: number;
  /** days left, today included and the date not; at least 1 */
  readonly left: number;
  /** whether that day, counted from today, is to be easy */
  easy(day: number): boolean;
  readonly known: readonly Known[];
  /** questions not met yet, in the order in which they are to be */
  readonly unmet: readonly string[];
}

/** The windows of everything that is to come for one card; they never overlap. */
export function tasksOf(
  id: string,
  card: CardState | undefined,
  start: number,
  { now, left }: Pick<Situation, 'now' | 'left'>,
  memory: Memory,
): Task[] {
  const last = left - 1;
  const wanted: number[] = [];
  let state = card;
  let day = start;
  while (day <= last && wanted.length < MOST) {
    wanted.push(day);
    state = memory.next(state, now + day * DAY, 3);
    day = Math.max(day + 1, Math.ceil((state.due - now) / DAY));
  }
  if (wanted.length === 0) wanted.push(last);
  return wanted.map((want, i) => {
    const before = i === 0 ? undefined : want - wanted[i - 1]!;
    const after = (wanted[i + 1] ?? left) - want;
    const final = start > last;
    const slack = before === undefined ? want : Math.floor(before / 2);
    return {
      id,
      from: want - Math.min(final ? FINAL - 1 : EARLY, slack),
      to: Math.min(last, want + Math.floor((after - 1) / 2)),
      fresh: card === undefined && i === 0,
    };
  });
}

/** What an ordinary and an easy day may carry at a level. */
export const capacity = (level: number, easy: boolean): number => (easy ? Math.floor(level / 2) : level);

/**
 * Tasks on days, none outside its window, at the lowest level at which that is possible: earliest deadline first,
 * which finds a way whenever there is one (Jackson 1955; unit tasks with release times).
 */
export function levelled(
  tasks: readonly Task[],
  left: number,
  easy: (day: number) => boolean,
): { readonly level: number; readonly days: readonly (readonly Task[])[] } {
  let low = 0;
  // On easy days alone everything may have to be done on one of them.
  let high = 2 * tasks.length;
  let best = tryLevel(tasks, left, easy, high)!;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const days = tryLevel(tasks, left, easy, middle);
    if (days === undefined) low = middle + 1;
    else {
      high = middle;
      best = days;
    }
  }
  return { level: high, days: best };
}

function tryLevel(
  tasks: readonly Task[],
  left: number,
  easy: (day: number) => boolean,
  level: number,
): Task[][] | undefined {
  const starting: Task[][] = Array.from({ length: left }, () => []);
  for (const task of tasks) starting[task.from]!.push(task);
  const days: Task[][] = [];
  let open: Task[] = [];
  for (let day = 0; day < left; day++) {
    open = [...open, ...starting[day]!].sort((a, b) => a.to - b.to);
    const room = capacity(level, easy(day));
    days.push(open.slice(0, room));
    open = open.slice(room);
    if (open.some((task) => task.to <= day)) return undefined;
  }
  return days;
}

export function planAt(situation: Situation, memory: Memory, target: number): Plan {
  const { now, left, known, unmet, easy } = situation;
  // New questions stop early enough for each to come back before the date.
  const span = Math.max(1, left - Math.min(FINAL, Math.floor(left / 4)));
  const tasks = [
    ...known.flatMap(({ id, card }) => {
      const due = Math.max(0, Math.ceil((card.due - now) / DAY));
      return tasksOf(id, card, due, situation, memory);
    }),
    ...unmet.flatMap((id, i) =>
      tasksOf(id, undefined, Math.floor((i * span) / unmet.length), situation, memory),
    ),
  ];
  const { level, days } = levelled(tasks, left, easy);
  const cards = new Map<string, CardState>(known.map(({ id, card }) => [id, card]));
  const date = now + left * DAY;
  const mean = () => {
    let sum = 0;
    for (const card of cards.values()) sum += memory.recall(card, date);
    return known.length + unmet.length === 0 ? 0 : sum / (known.length + unmet.length);
  };
  const idle = mean();
  for (const [day, list] of days.entries())
    for (const { id } of list) cards.set(id, memory.next(cards.get(id), now + day * DAY, 3));
  return {
    days: days.map((list, day) => {
      const fresh = list.filter((task) => task.fresh).length;
      return { reviews: list.length - fresh, fresh, easy: easy(day) };
    }),
    level,
    target,
    today: (days[0] ?? []).map((task) => task.id),
    kept: mean(),
    idle,
  };
}

/**
 * The highest target whose load is bearable; the lowest one where none is. `memoryFor` aims for a target. A plan takes
 * some 20 ms: between two of them others have their turn.
 */
export async function choosePlan(situation: Situation, memoryFor: (target: number) => Memory): Promise<Plan> {
  let plan: Plan | undefined;
  for (const target of TARGETS) {
    plan = planAt(situation, memoryFor(target), target);
    if (plan.level <= BEARABLE) break;
    await setImmediate();
  }
  return plan!;
}
