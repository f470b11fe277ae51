import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { words } from '../src/commands/grammar.ts';
import { loadSimulations, projectRoot } from '../src/content.ts';
import { rival, settings } from '../src/sim/rival.ts';
import { prepare, recipe, simulate } from '../src/sim/run.ts';
import { summarize, Teller } from '../src/sim/summary.ts';
import type { EventOf } from '../src/sim/trace.ts';

const sims = await loadSimulations();

/** Whoever reads `/simulate …` in a lesson types it: a preset renamed or a parameter gone must not be found by them. */
function check(line: string): void {
  const [id = '', ...given] = words(line.replace(/^\/simulate /, ''));
  const named = Object.fromEntries(
    given.map((word) =>
      word.includes('=')
        ? [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]
        : ['preset', word],
    ),
  );
  const { preset, seed, set, against, ...more } = named;
  expect(Object.keys(more)).toEqual([]);
  const scenario = sims.get(id);
  const chosen = recipe(scenario, preset, {
    ...(seed !== undefined && { seed: Number(seed) }),
    set: settings(words(set ?? '')),
  });
  prepare(scenario, chosen);
  if (against !== undefined) prepare(scenario, rival(against, chosen, scenario));
}

const lines = sims.ids.flatMap((id) => {
  const lesson = readFileSync(join(projectRoot, 'scenarios', id, 'lesson.md'), 'utf8');
  // A lesson may have its reader see a refusal; it says so beside the line.
  const written = [...lesson.matchAll(/`(\/simulate [^`\n]+)`(?!: refused)/g)].map(([, line]) => line!);
  const compared = Object.entries(sims.get(id).presets).flatMap(([preset, { what }]) => {
    const found = /Compare with (.+)\.$/.exec(what)?.[1];
    return found ? [`/simulate ${id} preset=${preset} against="${found}"`] : [];
  });
  return [...new Set([...written, ...compared])];
});

describe('what a lesson or a preset says to type can be typed', () => {
  it.each(lines)('%s', (line) => check(line));
});

describe('a step through a run', () => {
  it.each([
    ['sqs', 'visibility-timeout'],
    ['lambda', 'stream-poison-pill'],
  ])('of %s %s passes over what a node was already', (id, preset) => {
    const scenario = sims.get(id);
    const run = simulate(scenario, recipe(scenario, preset));
    const shown = new Map<string, string>();
    for (const i of summarize(run).turns) {
      const event = run.events[i]!;
      if (event.kind !== 'state') continue;
      const now = `${event.state} ${event.detail ?? ''}`;
      expect(now).not.toBe(shown.get(event.node));
      shown.set(event.node, now);
    }
  });

  it('tells a state by its verb', () => {
    const scenario = sims.get('saga');
    const run = simulate(scenario, recipe(scenario));
    const holds = run.events.find(
      (e): e is EventOf<'state'> & { at: number } => e.kind === 'state' && e.state === 'holds',
    );
    expect(new Teller(run).sentence(holds!)).toBe('stock holds o1');
  });
});

describe('a fault somebody asks for', () => {
  it.each([
    ['bulkhead', 'isolated', 'crash:service:9000'],
    ['lambda', 'concurrency-limit', 'pause:lambda:9000'],
    ['lambda', 'cold-start', 'crash:lambda:5000'],
    ['dynamodb', 'hot-partition', 'crash:table:9000'],
    ['kinesis', 'shard-limits', 'crash:stream:9000'],
    ['timeout-retry', 'storm', 'loss:0.2:3000'],
    ['s3', 'prefix-throttle', 'crash:bucket:9000'],
    ['circuit-breaker', 'trip-and-recover', 'crash:web:2000'],
  ])('is refused in %s %s where it would show nothing: %s', (id, preset, faults) => {
    const scenario = sims.get(id);
    expect(() => prepare(scenario, recipe(scenario, preset, { set: { faults } }))).toThrow(
      /nothing to act on|does not crash|nothing is left to see/,
    );
  });

  it.each([
    ['circuit-breaker', 'trip-and-recover', 'crash:payments:2700', 'closes again'],
    ['sqs', 'dead-letter', 'pause:queue:21000', 'every message is settled'],
  ])('and that never ends is not held against %s %s', (id, preset, faults, property) => {
    const scenario = sims.get(id);
    const { verdicts } = simulate(scenario, recipe(scenario, preset, { set: { faults } }));
    expect(verdicts.find((v) => v.property === property)?.holds).toBe(true);
  });
});
