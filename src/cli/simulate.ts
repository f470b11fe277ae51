import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadSimulations } from '../content.ts';
import { renderAnimation } from '../draw/gif.ts';
import { renderTimeline } from '../draw/render.ts';
import type { Simulations } from '../sim/catalogue.ts';
import { BOUNDS, type Explored, explore } from '../sim/explore.ts';
import { type Many, simulateMany } from '../sim/many.ts';
import { rival, settings } from '../sim/rival.ts';
import { recipe as recipeOf, simulate } from '../sim/run.ts';
import type { Run, Scenario } from '../sim/scenario.ts';
import { recipeLine, summarize, verdictLine } from '../sim/summary.ts';
import { nearest } from '../sim/words.ts';
import { DONE, FAILED, main, put, UsageError, wholeNumber } from './command-line.ts';

const HELP = `npm run -s simulate -- <scenario> [options]

  --preset P         which situation; the first one if left out
  --seed N           same seed, same run; the preset's own if left out
  --set k=v          a parameter, as often as needed; --set faults=crash:@leader:430 for faults
  --twin T           a protocol with one rule removed, see --describe
  --runs N           seeds seed…seed+N-1: how often each property held, metrics with percentiles
  --explore          every order of a small configuration, within --depth events, --states states,
                     --timers fired, --crashes and --duplicates on one path; a violation comes as a shortest run
  --against A        compare with another preset, a twin, or a parameter such as preVote=on
  --format F         text (default), json, svg, png, gif
  --out FILE         write there instead of to stdout
  --light            a light picture
  --list             scenarios and their presets
  --describe         a scenario's parameters, properties, metrics and twins

Exit status: 0 done, 1 a property was violated, 2 bad input.`;

const FORMATS = ['text', 'json', 'svg', 'png', 'gif'] as const;

await main(async (argv) => {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      preset: { type: 'string' },
      seed: { type: 'string' },
      set: { type: 'string', multiple: true },
      twin: { type: 'string' },
      against: { type: 'string' },
      runs: { type: 'string' },
      explore: { type: 'boolean' },
      depth: { type: 'string' },
      states: { type: 'string' },
      timers: { type: 'string' },
      crashes: { type: 'string' },
      duplicates: { type: 'string' },
      format: { type: 'string' },
      out: { type: 'string' },
      light: { type: 'boolean' },
      list: { type: 'boolean' },
      describe: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    put(HELP, values.out);
    return DONE;
  }
  const format = values.format ?? 'text';
  if (!FORMATS.some((f) => f === format)) {
    const hint = nearest(format, FORMATS);
    throw new UsageError(
      `--format must be one of ${FORMATS.join(', ')}; got \`${format.slice(0, 40)}\`.${hint ? ` Did you mean ${hint}?` : ''}`,
    );
  }
  const sims = await loadSimulations();
  if (values.list) {
    put(list(sims, format), values.out);
    return DONE;
  }
  const [id, ...more] = positionals;
  if (id === undefined)
    throw new UsageError(`which scenario? There are ${sims.ids.join(', ')}; --help tells more.`);
  if (more.length > 0)
    throw new UsageError(
      `one scenario at a time; do not know what to do with \`${more.join(' ').slice(0, 60)}\`.`,
    );
  const scenario = sims.get(id);
  if (values.describe) {
    put(describe(scenario, format), values.out);
    return DONE;
  }
  const recipe = recipeOf(scenario, values.preset, {
    seed: wholeNumber(values.seed, '--seed', 0, Number.MAX_SAFE_INTEGER),
    set: settings(values.set ?? []),
    ...(values.twin !== undefined && { twin: values.twin }),
  });
  const files = (path: string) => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new UsageError(
        `cannot read ${path}: ${(error as NodeJS.ErrnoException).code}; trace:FILE takes a file of arrival times in seconds.`,
      );
    }
  };
  if (values.explore) {
    const bounds = {
      depth: wholeNumber(values.depth, '--depth', 1, 10_000) ?? BOUNDS.depth,
      states: wholeNumber(values.states, '--states', 1, 20_000_000) ?? BOUNDS.states,
      timers: wholeNumber(values.timers, '--timers', 0, 100) ?? BOUNDS.timers,
      crashes: wholeNumber(values.crashes, '--crashes', 0, 100) ?? BOUNDS.crashes,
      duplicates: wholeNumber(values.duplicates, '--duplicates', 0, 100) ?? BOUNDS.duplicates,
    };
    const began = performance.now();
    const explored = explore(scenario, recipe, bounds, progress(bounds.states, 'states'));
    const seconds = (performance.now() - began) / 1000;
    const { violation } = explored;
    // What was found is shown as any other run: by its recipe.
    const run = violation && simulate(scenario, violation.recipe, { files });
    if (format === 'json')
      put(
        JSON.stringify({
          ...head(recipe, scenario),
          bounds,
          ...explored,
          seconds,
          ...(run && { run: asJson(run) }),
        }),
        values.out,
      );
    else if (format === 'text') put(exploredText(explored, seconds, run), values.out);
    else if (run) put(await drawn(run, undefined, format, values.light ?? false), values.out);
    else
      throw new UsageError(
        `nothing was violated, so there is no run to draw; --format text says what was seen.`,
      );
    return violation ? FAILED : DONE;
  }
  const runs = wholeNumber(values.runs, '--runs', 1, 10_000_000);
  if (runs !== undefined) {
    if (format === 'svg' || format === 'png')
      throw new UsageError(`--runs gives figures; --format must be text or json.`);
    const many = simulateMany(scenario, recipe, runs, { files }, progress(runs, 'runs'));
    put(
      format === 'json'
        ? JSON.stringify({ ...head(recipe, scenario), ...many }, null, 1)
        : manyText(scenario, recipe.preset, many),
      values.out,
    );
    return many.verdicts.some((v) => v.kind !== 'sometimes' && !v.holds) ? FAILED : DONE;
  }
  const run = simulate(scenario, recipe, { files });
  const other =
    values.against === undefined
      ? undefined
      : simulate(scenario, rival(values.against, recipe, scenario), { files });
  if (format === 'json')
    put(JSON.stringify({ ...asJson(run), ...(other && { against: asJson(other) }) }), values.out);
  else if (format === 'text')
    put([run, ...(other ? [other] : [])].map(runText).join('\n\nAgainst\n\n'), values.out);
  else put(await drawn(run, other, format, values.light ?? false), values.out);
  return run.verdicts.some((v) => !v.holds) ? FAILED : DONE;
});

async function drawn(
  run: Run,
  against: Run | undefined,
  format: string,
  light: boolean,
): Promise<string | Uint8Array> {
  const theme = light ? 'light' : 'dark';
  if (format !== 'gif')
    return renderTimeline(run, { format: format as 'svg' | 'png', theme, ...(against && { against }) });
  if (against) throw new UsageError('a moving picture shows one run; --format svg or png for two.');
  return (await renderAnimation(run, { theme })).bytes;
}

/** Says on a terminal, at most twice a second, how far a long job is. */
function progress(total: number, what: string): (done: number) => void {
  let told = Date.now();
  const terminal = process.stderr.isTTY;
  let shown = false;
  return (done) => {
    const now = Date.now();
    if (now - told >= (terminal ? 500 : 5000)) {
      told = now;
      shown = true;
      process.stderr.write(`${terminal ? '\r' : ''}${done} of ${total} ${what}${terminal ? '' : '\n'}`);
    }
    if (done === total && shown && terminal) process.stderr.write('\r\x1b[K');
  };
}

/** Samplers and the like are written as the text they were read from. */
function written(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null && 'text' in value ? value.text : value,
    ]),
  );
}

function head(recipe: Run['recipe'], scenario: Scenario) {
  return {
    scenario: scenario.id,
    preset: recipe.preset,
    seed: recipe.seed,
    ...(recipe.twin && { twin: recipe.twin }),
    set: recipe.set,
  };
}

function asJson(run: Run) {
  return {
    ...head(run.recipe, run.scenario),
    params: written(run.params),
    durationUs: run.durationUs,
    verdicts: run.verdicts,
    metrics: run.metrics,
    ...(run.cut !== undefined && { cut: run.cut }),
    events: run.events,
  };
}

function runText(run: Run): string {
  const s = summarize(run);
  const told = s.story.slice(0, s.story.length - s.verdicts.length);
  return [
    `${s.title}: ${s.headline}`,
    recipeLine(run),
    '',
    ...told,
    '',
    ...s.verdicts.map((v) => `${v.holds ? '✓' : '✗'} ${verdictLine(v)}`),
    ...s.metrics.map((m) => `  ${m.name} = ${m.value}${m.unit ? ` ${m.unit}` : ''}`),
    ...(s.cut ? [`Note: ${s.cut}.`] : []),
  ].join('\n');
}

function manyText(scenario: Scenario, preset: string, many: Many): string {
  const share = (count: number, runs: number) => `${count} of ${runs}`;
  return [
    `${scenario.title}, ${preset}: ${many.runs} runs`,
    ...many.verdicts.map((v) =>
      v.kind === 'sometimes'
        ? `${v.holds ? '✓' : '–'} sometimes ${v.property}: seen in ${share(v.count, v.runs)}${v.seed === undefined ? '' : `, first at seed ${v.seed}`}`
        : v.holds
          ? `✓ ${v.property}: held in ${v.runs}`
          : `✗ ${v.property}: violated in ${share(v.count, v.runs)}, first at seed ${v.seed}: ${v.detail}`,
    ),
    ...Object.entries(many.metrics).map(
      ([name, d]) =>
        `  ${name} (${scenario.metrics[name]?.unit ?? ''}): mean ${d.mean}, p50 ${d.p50}, p90 ${d.p90}, p99 ${d.p99}, min ${d.min}, max ${d.max}`,
    ),
    ...(many.stopped > 0 ? [`Note: ${many.stopped} runs were cut short.`] : []),
  ].join('\n');
}

function exploredText(explored: Explored, seconds: number, run: Run | undefined): string {
  const rate = Math.round(explored.visited / Math.max(seconds, 1e-9));
  return [
    `${explored.states} distinct states, ${explored.visited} visited, ${rate} a second, up to ${explored.depth} events deep: ${explored.ended}`,
    ...explored.properties.map((p) => `${explored.violation?.property === p ? '✗' : '✓'} ${p}`),
    ...(run ? ['', 'A shortest way there:', runText(run)] : []),
  ].join('\n');
}

function list(sims: Simulations, format: string): string {
  const scenarios = sims.ids.map((id) => {
    const s = sims.get(id);
    return {
      id,
      title: s.title,
      summary: s.summary,
      presets: Object.entries(s.presets).map(([name, p]) => ({ name, title: p.title, what: p.what })),
    };
  });
  if (format === 'json') return JSON.stringify(scenarios, null, 1);
  return scenarios
    .flatMap((s) => [`${s.id}: ${s.summary}`, ...s.presets.map((p) => `  ${p.name.padEnd(24)} ${p.title}`)])
    .join('\n');
}

function describe(scenario: Scenario, format: string): string {
  const params = Object.entries(scenario.params).map(([name, p]) => ({
    name,
    type: p.type,
    unit: p.unit,
    default: p.default,
    ...(p.min !== undefined && { min: p.min }),
    ...(p.max !== undefined && { max: p.max }),
    ...(p.choices && { choices: p.choices }),
    what: p.what,
  }));
  const properties = Object.entries(scenario.properties).map(([name, p]) => ({
    name,
    kind: p.kind,
    what: p.what,
  }));
  const metrics = Object.entries(scenario.metrics).map(([name, m]) => ({ name, unit: m.unit, what: m.what }));
  const twins = Object.entries(scenario.twins).map(([name, t]) => ({ name, what: t.what, breaks: t.breaks }));
  const { id, title, summary, sources } = scenario;
  if (format === 'json')
    return JSON.stringify(
      {
        id,
        title,
        summary,
        sources,
        presets: Object.keys(scenario.presets),
        params,
        properties,
        metrics,
        twins,
      },
      null,
      1,
    );
  return [
    `${id}: ${summary}`,
    ...sources.map((s) => `  ${s}`),
    'Parameters',
    ...params.map(
      (p) =>
        `  ${p.name} = ${p.default}${p.unit ? ` ${p.unit}` : ''}${p.choices ? ` (${p.choices.join(', ')})` : p.min !== undefined ? ` (${p.min} to ${p.max})` : ` (${p.type})`}: ${p.what}`,
    ),
    'Properties',
    ...properties.map((p) => `  ${p.kind} ${p.name}: ${p.what}`),
    'Metrics',
    ...metrics.map((m) => `  ${m.name}${m.unit ? ` (${m.unit})` : ''}: ${m.what}`),
    'Twins, each with one rule removed',
    ...twins.map((t) => `  ${t.name}: ${t.what} Breaks ${t.breaks}.`),
  ].join('\n');
}
