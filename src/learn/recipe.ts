import type { Simulations } from '../sim/catalogue.ts';
import { recipe } from '../sim/run.ts';
import type { Recipe, Run } from '../sim/scenario.ts';
import { Teller } from '../sim/summary.ts';
import type { Comparison, comparisons, RunLine, Show } from './question.ts';

/**
 * `run: raft/figure-8 seed=3 nodes=5 twin=forgetful`: scenario and preset, then the seed, parameters over the
 * preset's, and a broken twin. Without a seed it is the preset's own.
 */
export function parseRun(written: string): RunLine {
  const [head = '', ...rest] = written.trim().split(/\s+/);
  const [scenario = '', preset = '', more] = head.split('/');
  if (scenario === '' || preset === '' || more !== undefined)
    throw new Error(
      `run: must begin with a scenario and a preset, such as raft/figure-8 seed=3; got \`${head}\``,
    );
  const set: Record<string, string> = {};
  let seed: number | undefined;
  let twin: string | undefined;
  for (const word of rest) {
    const equals = word.indexOf('=');
    if (equals < 1)
      throw new Error(`run: takes name=value after the preset, such as seed=3; got \`${word}\``);
    const name = word.slice(0, equals);
    const value = word.slice(equals + 1);
    if (name === 'seed') {
      seed = Number(value);
      if (value === '' || !Number.isSafeInteger(seed) || seed < 0)
        throw new Error(`run: seed must be a whole number from 0; got \`${value}\``);
    } else if (name === 'twin') twin = value;
    else set[name] = value;
  }
  return { scenario, preset, set, ...(seed !== undefined && { seed }), ...(twin !== undefined && { twin }) };
}

/** The recipe of a question's run. Throws ParamError if scenario or preset do not exist. */
export function recipeOf({ scenario, preset, seed, twin, set }: RunLine, sims: Simulations): Recipe {
  return recipe(sims.get(scenario), preset, {
    set,
    ...(seed !== undefined && { seed }),
    ...(twin !== undefined && { twin }),
  });
}

const GRAMMAR =
  '`verdict <property> holds|violated`, `metric <name> <|<=|=|>=|> <number>` or `event <text in a sentence of the story>`';

/**
 * One line of `shows:`.
 *
 *     verdict leader-completeness holds      the checker's verdict of that property; violated for the opposite
 *     metric unavailable_ms <= 400           a figure of the run, in the unit the scenario gives it
 *     event stands for term 2                some event, told as the story tells it, has these words in it
 */
export function parseShow(written: string): Show {
  const line = written.trim();
  const verdict = /^verdict\s+(.+?)\s+(holds|violated)$/.exec(line);
  if (verdict) return { what: 'verdict', property: verdict[1]!, holds: verdict[2] === 'holds' };
  const metric = /^metric\s+(\S+)\s*(<=|>=|<|>|=)\s*(-?[\d.]+(?:e-?\d+)?)$/.exec(line);
  if (metric && Number.isFinite(Number(metric[3])))
    return { what: 'metric', name: metric[1]!, op: metric[2] as Comparison, value: Number(metric[3]) };
  const event = /^event\s+(.+)$/.exec(line);
  if (event) return { what: 'event', text: event[1]! };
  throw new Error(`shows: must be ${GRAMMAR}; got \`${line.slice(0, 80)}\``);
}

const compare: Record<(typeof comparisons)[number], (a: number, b: number) => boolean> = {
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '=': (a, b) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)),
};

/** What of it the run does not show, in words; empty if it shows everything. */
export function missing(shows: readonly Show[], run: Run): string[] {
  const found: string[] = [];
  for (const show of shows) {
    switch (show.what) {
      case 'verdict': {
        const verdict = run.verdicts.find((v) => v.property === show.property);
        if (verdict === undefined)
          found.push(
            `there is no verdict on ${show.property}; there are ${run.verdicts.map((v) => v.property).join(', ')}`,
          );
        else if (verdict.holds !== show.holds)
          found.push(`${show.property} is ${verdict.holds ? 'kept' : 'violated'}: ${verdict.detail}`);
        break;
      }
      case 'metric': {
        const value = run.metrics[show.name];
        if (value === undefined)
          found.push(
            `there is no figure ${show.name}; there are ${Object.keys(run.metrics).join(', ') || 'none'}`,
          );
        else if (!compare[show.op](value, show.value))
          found.push(`${show.name} is ${value}, not ${show.op} ${show.value}`);
        break;
      }
      case 'event': {
        const words = show.text.toLowerCase();
        const teller = new Teller(run);
        if (!run.events.some((event) => teller.sentence(event).toLowerCase().includes(words)))
          found.push(`no event says "${show.text}"`);
      }
    }
  }
  return found;
}
