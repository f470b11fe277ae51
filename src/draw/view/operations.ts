import { operation } from '../../sim/summary.ts';
import type { EventOf, Outcome, Value } from '../../sim/trace.ts';
import { clean } from '../text.ts';
import type { Frame } from '../view.ts';
import type { TrackView } from './tracks.ts';

export interface ProcessView {
  /** empty for a further row of the process above */
  readonly process: string;
  readonly operations: readonly OperationView[];
}

export interface OperationView {
  readonly from: number;
  readonly to: number;
  /** `open`: neither answered nor given up by the end of what is drawn */
  readonly outcome: Outcome | 'open';
  /** wordings, longest first, without the sign of the outcome */
  readonly words: readonly string[];
  /** a verdict says that it could not have gone so */
  readonly blamed: boolean;
}

/** Rows drawn at most. */
export const MOST_PROCESSES = 6;
/** Beyond so many operations each would be a hair: they are counted in a track instead. */
export const MOST_OPERATIONS = 160;
const BINS = 50;

interface Row {
  readonly process: string;
  readonly operations: OperationView[];
}

export function operationsOf(frame: Frame): {
  processes: ProcessView[];
  /** rows there would be without a limit */
  total: number;
  tracks: TrackView[];
} {
  const { run, from, to, end, blamed, most } = frame;
  const invoked = new Map<number, EventOf<'invoke'>>();
  const returned = new Map<number, EventOf<'return'>>();
  for (const event of run.events) {
    if (event.at > end) break;
    if (event.kind === 'invoke') invoked.set(event.op, event);
    else if (event.kind === 'return') returned.set(event.op, event);
  }
  // one that has only just begun would be a splinter at the edge
  const latest = end - (to - from) / 100;
  const seen = [...invoked.values()].filter((op) => {
    const answer = returned.get(op.op);
    return answer === undefined ? op.at <= Math.min(to, latest) : op.at <= to && answer.at >= from;
  });
  const crowded = seen.length > MOST_OPERATIONS;
  const rows: Row[] = [];
  for (const op of crowded ? seen.filter((op) => blamed.has(op.op)) : seen) {
    const answer = returned.get(op.op);
    const view: OperationView = {
      from: Math.max(from, op.at),
      to: Math.min(answer?.at ?? end, to),
      outcome: answer?.outcome ?? 'open',
      words: wordings(op, answer),
      blamed: blamed.has(op.op),
    };
    // a process may have several under way: each stretch of overlap takes a row more
    const free = rows.find((row) => row.process === op.process && row.operations.at(-1)!.to <= view.from);
    if (free) free.operations.push(view);
    else rows.push({ process: op.process, operations: [view] });
  }
  const order = [...new Set(run.actors.map((actor) => actor.id))];
  const rank = (row: Row) => {
    const found = order.indexOf(row.process);
    return found < 0 ? order.length : found;
  };
  const sorted = rows
    .map((row, i) => ({ row, i }))
    .sort((a, b) => rank(a.row) - rank(b.row) || a.i - b.i)
    .map(({ row }) => row);
  // where rows are left out, those a verdict speaks of stay
  const chosen = new Set(
    [...sorted].sort((a, b) => Number(isBlamed(b)) - Number(isBlamed(a))).slice(0, most.processes),
  );
  const shown = sorted.filter((row) => chosen.has(row));
  return {
    processes: shown.map((row, i) => ({
      process: shown[i - 1]?.process === row.process ? '' : clean(row.process, 40),
      operations: row.operations,
    })),
    total: sorted.length,
    tracks: crowded ? [counted(frame, seen, returned)] : [],
  };
}

const isBlamed = (row: Row) => row.operations.some((op) => op.blamed);

/** `get x → 3`, `get x` */
function wordings(op: EventOf<'invoke'>, answer: EventOf<'return'> | undefined): string[] {
  const call = clean(operation(op), 60);
  const result = answer?.outcome === 'ok' ? answer.value : undefined;
  // a write says what it wrote; only a question without a value of its own has an answer to show
  if (result === undefined || op.value !== null || (result === null && op.f !== 'get' && op.f !== 'read'))
    return [call, clean(op.f, 20)];
  return [`${call} → ${clean(show(result), 24)}`, call];
}

const show = (value: Value): string =>
  value === null ? 'nil' : typeof value === 'string' ? value : JSON.stringify(value);

/** Operations that ended, by outcome, in equal stretches of the window. */
function counted(
  frame: Frame,
  seen: readonly EventOf<'invoke'>[],
  returned: ReadonlyMap<number, EventOf<'return'>>,
): TrackView {
  const { from, to, end } = frame;
  const width = (to - from) / BINS;
  const counts = {
    ok: new Array<number>(BINS).fill(0),
    fail: new Array<number>(BINS).fill(0),
    unknown: new Array<number>(BINS).fill(0),
  };
  for (const op of seen) {
    const answer = returned.get(op.op);
    if (answer)
      counts[answer.outcome][Math.min(BINS - 1, Math.max(0, Math.floor((answer.at - from) / width)))]!++;
  }
  const last = Math.min(BINS, Math.ceil((end - from) / width));
  const points = (bins: readonly number[]) =>
    bins.slice(0, last).map((count, i) => [Math.round(from + i * width), count] as const);
  const series = [
    { legend: 'ok ✓', tone: 'good', as: 'step', points: points(counts.ok) },
    { legend: 'failed ×', tone: 'bad', as: 'step', points: points(counts.fail) },
    { legend: 'unknown ?', tone: 'odd', as: 'step', points: points(counts.unknown) },
  ] as const;
  return {
    kind: 'operations',
    title: `${seen.length} operations`,
    unit: 'per stretch',
    series: series.filter((s) => s.points.some(([, count]) => count > 0)),
    limits: [],
  };
}
