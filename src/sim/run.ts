import { parseArrivals, parseDistribution } from './chance.ts';
import { checkNode, FAULT_GRAMMAR, parseFaults } from './faults.ts';
import { Kernel, SCHEDULE_STEP, type Watcher } from './kernel.ts';
import type { AnyParams, Values } from './params.ts';
import type {
  Actor,
  Fold,
  Meter,
  Monitor,
  PlannedFault,
  Preset,
  Recipe,
  Run,
  Scenario,
  Verdict,
} from './scenario.ts';
import { nearest, ParamError } from './words.ts';

export interface RunOptions {
  /** trace events kept; default 20,000. 0 for figures and verdicts only. */
  readonly traceLimit?: number;
  /** handlers run at most; default 5,000,000 */
  readonly stepLimit?: number;
  /** reads the file of `trace:FILE`; the command line alone hands one in */
  readonly files?: (path: string) => string;
}

export const TRACE_LIMIT = 20_000;
export const STEP_LIMIT = 5_000_000;

/** The recipe of a preset as it stands. Throws ParamError naming the nearest preset. */
export function recipe(
  scenario: Scenario,
  preset?: string,
  more: Partial<Omit<Recipe, 'scenario' | 'preset'>> = {},
): Recipe {
  const name = preset ?? Object.keys(scenario.presets)[0]!;
  const found = presetOf(scenario, name);
  return {
    scenario: scenario.id,
    preset: name,
    seed: more.seed ?? found.seed ?? 1,
    set: more.set ?? {},
    interventions: more.interventions ?? [],
    ...((more.twin ?? found.twin) ? { twin: more.twin ?? found.twin } : {}),
  };
}

/** Everything of a recipe that is fixed before the first event. */
export interface Prepared {
  readonly scenario: Scenario;
  readonly params: Values<AnyParams>;
  readonly actors: readonly Actor[];
  readonly faults: readonly (PlannedFault & { readonly atUs: number; readonly last?: boolean })[];
  readonly until: number;
}

/** Checks a recipe and reads its parameters. Throws ParamError in words for the person who typed it. */
export function prepare(scenario: Scenario, recipe: Recipe, options: RunOptions = {}): Prepared {
  const preset = presetOf(scenario, recipe.preset);
  if (!Number.isSafeInteger(recipe.seed) || recipe.seed < 0)
    throw new ParamError(`seed must be a whole number from 0; got \`${String(recipe.seed).slice(0, 20)}\`.`);
  const twin = twinOf(scenario, recipe.twin);
  const { faults: faultText, ...set } = recipe.set;
  for (const name of Object.keys(set)) checkName(scenario, name);
  const written: Record<string, string> = {};
  for (const source of [preset.set, twin?.set, set])
    for (const [name, value] of Object.entries(source ?? {}))
      if (value !== undefined) written[name] = text(value);
  const params = Object.fromEntries(
    Object.entries(scenario.params).map(([name, param]) => [
      name,
      param.type === 'arrivals'
        ? parseArrivals(written[name] ?? param.default, name, options.files)
        : param.read(written[name] ?? param.default, name),
    ]),
  ) as Values<AnyParams>;
  const contradiction = scenario.check?.(params);
  if (contradiction !== undefined) throw new ParamError(contradiction);
  const actors = scenario.actors(params);
  const until = recipe.schedule
    ? (recipe.schedule.length + 2) * SCHEDULE_STEP
    : Math.round(scenario.length(params) * 1000);
  const planned = recipe.schedule
    ? []
    : faultText === undefined
      ? (preset.faults ?? [])
      : parseFaults(faultText, scenario, actors);
  for (const fault of [...planned, ...recipe.interventions])
    for (const id of [
      ...(fault.nodes ?? []),
      ...(fault.groups ?? []).flat(),
      ...(fault.from ?? []),
      ...(fault.to ?? []),
    ])
      checkNode(id, scenario, actors);
  // The fuzzer makes interventions of its own, and may: it looks at safety alone.
  if (faultText !== undefined) for (const fault of planned) checkPoint(scenario, params, fault);
  return {
    scenario,
    params,
    actors,
    until,
    faults: [
      ...planned.map((fault) => ({ ...fault, atUs: Math.round(fault.at * 1000) })),
      ...recipe.interventions.map((fault) => ({ ...fault, at: fault.atUs / 1000, last: true })),
    ],
  };
}

/** Throws ParamError if the fault would show nothing in a run with these parameters. */
export function checkPoint(
  scenario: Scenario,
  params: Values<AnyParams>,
  fault: Pick<PlannedFault, 'fault' | 'nodes'>,
): void {
  const why = scenario.pointless?.(params, fault);
  if (why !== undefined) throw new ParamError(why);
}

/** Runs a recipe. The same recipe gives the same run, on any machine. */
export function simulate(scenario: Scenario, recipe: Recipe, options: RunOptions = {}): Run {
  const { params, actors, faults, until } = prepare(scenario, recipe, options);
  const properties = Object.entries(scenario.properties)
    .filter(([, property]) => property.judged?.(params) ?? true)
    .map(([name, property]) => {
      const monitor = property.fold ? folded(property.fold(params)) : property.monitor!(params);
      return { name, property, monitor, finding: undefined as Watcher['finding'] };
    });
  const meter: Meter | undefined = scenario.meter?.(params);
  const watchers: Watcher[] = [...properties];
  if (meter?.changed || meter?.event) watchers.push({ monitor: meter, finding: undefined });
  const kernel = new Kernel({
    scenario,
    parts: { ...scenario.parts, ...twinOf(scenario, recipe.twin)?.parts },
    params,
    seed: recipe.seed,
    actors,
    network: scenario.network?.(params) ?? { latency: INSTANT },
    faults,
    watchers,
    until,
    stepLimit: options.stepLimit ?? STEP_LIMIT,
    traceLimit: options.traceLimit ?? TRACE_LIMIT,
    ...(recipe.schedule && { schedule: recipe.schedule }),
  });
  kernel.run();
  const whole = kernel.steps < (options.stepLimit ?? STEP_LIMIT);
  const verdicts: Verdict[] = [];
  const seen: Record<string, boolean> = {};
  for (const { name, property, monitor, ...watched } of properties) {
    const text = watched.finding === undefined ? monitor.end?.(kernel) : undefined;
    const finding = text === undefined ? watched.finding : { text, at: kernel.now };
    const ops = finding && monitor.culprit?.();
    if (property.kind === 'sometimes') seen[name] = finding !== undefined;
    // What should happen in the end cannot be judged of a run that was stopped half-way.
    else if (property.kind === 'always' || (whole && !recipe.schedule))
      verdicts.push({
        property: name,
        holds: finding === undefined,
        detail: finding?.text ?? property.what,
        kind: property.kind,
        promised: property.promised?.(params) ?? true,
        ...(finding && { at: finding.at }),
        ...(ops && { ops }),
      });
  }
  return {
    recipe,
    scenario,
    params,
    durationUs: kernel.now,
    events: kernel.events,
    verdicts,
    seen,
    metrics: figures(scenario, meter?.end(kernel) ?? {}),
    actors,
    ...(kernel.cut !== undefined && { cut: kernel.cut }),
    steps: kernel.steps,
  };
}

/** A fold as a monitor: the same definition serves a run and the explorer. */
function folded(fold: Fold): Monitor {
  let seen = fold.start;
  return {
    changed(node, before, after) {
      const next = fold.changed(seen, node, before, after);
      if (typeof next === 'string') return next;
      seen = next;
      return undefined;
    },
  };
}

export function presetOf(scenario: Scenario, name: string): Preset<AnyParams> {
  const found = Object.hasOwn(scenario.presets, name) ? scenario.presets[name] : undefined;
  if (found) return found;
  const names = Object.keys(scenario.presets);
  const hint = nearest(name, names);
  throw new ParamError(
    `${scenario.id} has no preset \`${name.slice(0, 40)}\`${hint ? `; did you mean ${hint}?` : '.'} There are ${names.join(', ')}.`,
  );
}

function twinOf(scenario: Scenario, name: string | undefined) {
  if (name === undefined) return undefined;
  const found = Object.hasOwn(scenario.twins, name) ? scenario.twins[name] : undefined;
  if (found) return found;
  const names = Object.keys(scenario.twins);
  throw new ParamError(
    `${scenario.id} has no twin \`${name.slice(0, 40)}\`; there are ${names.join(', ') || 'none'}.`,
  );
}

function checkName(scenario: Scenario, name: string): void {
  if (Object.hasOwn(scenario.params, name)) return;
  const names = [...Object.keys(scenario.params), 'faults'];
  const hint = nearest(name, names);
  throw new ParamError(
    `${scenario.id} has no parameter \`${name.slice(0, 40)}\`${hint ? `; did you mean ${hint}?` : '.'} There are ${names.join(', ')} (faults are written ${FAULT_GRAMMAR.split(',')[0]}, …).`,
  );
}

/** In the scenario's own order, to six decimals: no machine's last bit shows. */
function figures(scenario: Scenario, metrics: Readonly<Record<string, number>>): Record<string, number> {
  const place = new Map(Object.keys(scenario.metrics).map((name, i) => [name, i]));
  return Object.fromEntries(
    Object.entries(metrics)
      .sort(([a], [b]) => (place.get(a) ?? place.size) - (place.get(b) ?? place.size))
      .map(([name, value]) => [name, Math.round(value * 1e6) / 1e6]),
  );
}

const INSTANT = parseDistribution('fixed:0.001');
const text = (value: string | number | boolean) =>
  typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
