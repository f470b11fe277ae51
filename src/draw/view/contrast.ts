import type { Run } from '../../sim/scenario.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import { clean } from '../text.ts';
import { duration, figure } from './time.ts';

/** What sets two runs apart, computed from both: nobody wrote these words for this pair. */

/** µs of the first event only one of the traces has; undefined where they are the same, event for event. */
export function firstDifference(a: readonly TraceEvent[], b: readonly TraceEvent[]): number | undefined {
  const both = Math.min(a.length, b.length);
  for (let i = 0; i < both; i++) if (!same(a[i]!, b[i]!)) return Math.min(a[i]!.at, b[i]!.at);
  return (a[both] ?? b[both])?.at;
}

function same(a: TraceEvent, b: TraceEvent): boolean {
  if (a.at !== b.at || a.kind !== b.kind) return false;
  const left = Object.entries(a);
  const right = b as Readonly<Record<string, unknown>>;
  if (left.length !== Object.keys(right).length) return false;
  return left.every(
    ([key, value]) =>
      value === right[key] ||
      (typeof value === 'object' && JSON.stringify(value) === JSON.stringify(right[key])),
  );
}

const MOST_CAUSES = 3;

/** What was asked of each that was not asked of the other: `preVote=off` and `preVote=on`. */
export function captionsOf(a: Run, b: Run): readonly [string, string] {
  const causes: [string, string][] = [];
  const differ = (words: (run: Run) => string) => {
    const pair: [string, string] = [words(a), words(b)];
    if (pair[0] !== pair[1]) causes.push(pair);
    return pair[0] !== pair[1];
  };
  differ((run) => run.scenario.title);
  const presets = differ((run) => run.recipe.preset);
  // what a preset runs by itself is said by its name
  const own = (run: Run) => presets && run.recipe.twin === run.scenario.presets[run.recipe.preset]?.twin;
  if (!own(a) || !own(b))
    differ((run) => (run.recipe.twin === undefined ? 'as it is' : `broken: ${run.recipe.twin}`));
  for (const name of new Set([...Object.keys(a.recipe.set), ...Object.keys(b.recipe.set)]))
    differ((run) => setting(run, name));
  differ((run) => `seed ${run.recipe.seed}`);
  const injected = JSON.stringify(a.recipe.interventions) !== JSON.stringify(b.recipe.interventions);
  if (injected) causes.push([faults(a), faults(b)]);
  if (causes.length === 0) return ['first run', 'second run'];
  const told = causes.slice(0, MOST_CAUSES);
  const more = causes.length > told.length ? ` +${causes.length - told.length}` : '';
  const line = (side: 0 | 1) => clean(told.map((pair) => pair[side]).join(' · ') + more, 90);
  return [line(0), line(1)];
}

function setting(run: Run, name: string): string {
  const given = run.recipe.set[name];
  if (name === 'faults') return given === undefined ? 'faults as planned' : `faults=${given}`;
  return `${name}=${written(run.params[name])}`;
}

function written(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'object' && value !== null && 'text' in value ? String(value.text) : String(value);
}

function faults(run: Run): string {
  const { interventions } = run.recipe;
  if (interventions.length === 0) return 'nothing injected';
  return interventions.map((fault) => `${fault.fault} at ${duration(fault.atUs)}`).join(', ');
}

/** What both have in common, for the line under the headline. */
export function sharedLine(a: Run, b: Run): string {
  const nodes = (run: Run) => {
    const count = run.actors.filter((actor) => run.scenario.look.lanes.includes(actor.part)).length;
    return `${count} node${count === 1 ? '' : 's'}`;
  };
  const settings = (run: Run) => Object.keys(run.recipe.set).map((name) => setting(run, name));
  const common = (words: (run: Run) => string) => (words(a) === words(b) ? [words(a)] : []);
  return [
    ...common((run) => run.scenario.title),
    ...common((run) => run.scenario.presets[run.recipe.preset]?.title ?? run.recipe.preset),
    ...common((run) => `seed ${run.recipe.seed}`),
    ...common(nodes),
    ...settings(a).filter((words) => settings(b).includes(words)),
  ].join(' · ');
}

/** The difference that matters most: a property kept or broken, else a key figure, else what happened in each. */
export function contrast(a: Run, b: Run, difference: number | undefined): string {
  if (difference === undefined) return 'No difference: the two runs are the same, event for event';
  return (
    (a.scenario.id === b.scenario.id ? (verdicts(a, b) ?? figures(a, b)) : undefined) ??
    `${a.scenario.look.headline(a)} | ${b.scenario.look.headline(b)}`
  );
}

function verdicts(a: Run, b: Run): string | undefined {
  const only = (run: Run, other: Run) =>
    run.verdicts
      .filter((v) => v.holds && other.verdicts.some((o) => o.property === v.property && !o.holds))
      .map((v) => v.property);
  const list = (names: readonly string[]) =>
    names.length > 2 ? `${names[0]} and ${names.length - 1} more` : names.join(' and ');
  const hold = (names: readonly string[]) => `${list(names)} hold${names.length === 1 ? 's' : ''}`;
  const above = only(a, b);
  const below = only(b, a);
  if (above.length > 0 && below.length > 0) return `${hold(above)} above only, ${list(below)} below only`;
  if (above.length > 0) return `${hold(above)} above, not below`;
  if (below.length > 0) return `${hold(below)} below, not above`;
  return undefined;
}

/** A figure of both, or of one alone, and how far apart: 0 for the same, 1 where one has nothing of it. */
interface Figure {
  readonly words: string;
  readonly apart: number;
}

/** So many metrics, in the scenario's order, are key figures. */
const KEY_METRICS = 3;
/** One figure is twice the other. */
const TELLING = 0.5;

/** What is furthest apart of what was measured; where all is much alike, what the pictures themselves measure. */
function figures(a: Run, b: Run): string | undefined {
  const found = [...spans(a, b), ...metrics(a, b)];
  const telling = found.filter((f) => f.apart >= TELLING);
  return (telling.length > 0 ? telling.reduce((most, f) => (f.apart > most.apart ? f : most)) : found[0])
    ?.words;
}

/** `197 ms to a new leader` and `402 ms to a new leader` measure the same. */
function spans(a: Run, b: Run): Figure[] {
  const read = (run: Run) => {
    const span = run.scenario.look.span?.(run);
    const found = /^(\S+ (?:µs|ms|s|min|h)) (.+)$/.exec(span?.label ?? '');
    return span && found && { amount: found[1], what: found[2], length: span.to - span.from };
  };
  const left = read(a);
  const right = read(b);
  if (!left || !right || left.what !== right.what || left.amount === right.amount) return [];
  const words = `${left.amount} against ${right.amount} ${left.what}`;
  return [{ words, apart: apart(left.length, right.length) }];
}

function metrics(a: Run, b: Run): Figure[] {
  return Object.entries(a.scenario.metrics)
    .filter(([name]) => a.metrics[name] !== undefined || b.metrics[name] !== undefined)
    .slice(0, KEY_METRICS)
    .flatMap(([name, { unit }]) => {
      const [left, right] = [a.metrics[name], b.metrics[name]];
      const words = name.replace(/_(ms|s|share)$/, '').replaceAll('_', ' ');
      if (left === undefined || right === undefined) {
        const side = right === undefined ? 'above, none below' : 'below, none above';
        return [{ words: `${words} ${amount(left ?? right ?? 0, unit)} ${side}`, apart: 1 }];
      }
      const pair = [amount(left, unit), amount(right, unit)];
      if (pair[0] === pair[1]) return [];
      return [{ words: `${words} ${pair[0]} against ${pair[1]}`, apart: apart(left, right) }];
    });
}

const apart = (a: number, b: number): number => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), 1e-9);

function amount(value: number, unit: string): string {
  if (unit === 'ms') return duration(Math.round(value * 1000));
  if (unit === 's') return duration(Math.round(value * 1_000_000));
  if (unit === 'share') return `${figure(value * 100, value >= 0.1 ? 0 : 1)} %`;
  return figure(value, Math.abs(value) >= 100 ? 0 : 2);
}
