import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSimulations, projectRoot } from '../src/content.ts';
import { randomFaults, shrink } from '../src/sim/fuzz.ts';
import { simulateMany } from '../src/sim/many.ts';
import { prepare, recipe, simulate } from '../src/sim/run.ts';
import { summarize } from '../src/sim/summary.ts';
import { replay } from './support/golden.ts';

/**
 * Every scenario, by the same rules: over many seeds nothing it promises is violated, every broken twin is caught
 * by the property it names, and what it says of itself is true. `npm run soak` does the same over 1,000 seeds.
 */
const SEEDS = 25;
const TWIN_SEEDS = 200;

const sims = await loadSimulations();
const scenarios = sims.ids.map((id) => sims.get(id));
const presets = scenarios.flatMap((s) =>
  Object.entries(s.presets).map(([name, preset]) => ({ s, id: s.id, name, preset })),
);
const twins = scenarios.flatMap((s) =>
  Object.entries(s.twins).map(([name, twin]) => ({ s, id: s.id, name, twin })),
);

describe('scenarios', () => {
  it.each(presets.filter(({ preset }) => !preset.twin))(
    '$id $name keeps its promises over many seeds',
    ({ s, name }) => {
      const many = simulateMany(s, { ...recipe(s, name), seed: 1 }, SEEDS);
      const broken = many.verdicts.filter((v) => v.kind !== 'sometimes' && v.promised && !v.holds);
      expect(broken.map((v) => `${v.property}, seed ${v.seed}: ${v.detail}`)).toEqual([]);
      expect(many.stopped).toBe(0);
    },
  );

  it.each(presets.filter(({ s, preset }) => s.withstands && !preset.twin))(
    '$id $name stays safe under random faults',
    ({ s, name }) => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const plain = { ...recipe(s, name), seed };
        const chosen = { ...plain, interventions: randomFaults(s, plain, seed) };
        const broken = simulate(s, chosen, { traceLimit: 0 }).verdicts.filter(
          (v) => v.kind === 'always' && v.promised && !v.holds,
        );
        const first = broken[0];
        if (first)
          expect.fail(
            `${first.property}: ${first.detail}\n${JSON.stringify(shrink(s, chosen, first.property).recipe)}`,
          );
      }
    },
  );

  it.each(twins)('$id: the twin $name is caught', ({ s, name, twin }) => {
    expect(Object.keys(s.properties)).toContain(twin.breaks);
    const chosen = { ...recipe(s, twin.preset), twin: name };
    for (let seed = 1; seed <= TWIN_SEEDS; seed++) {
      const { verdicts } = simulate(s, { ...chosen, seed }, { traceLimit: 0 });
      if (verdicts.some((v) => v.property === twin.breaks && !v.holds)) return;
    }
    expect.fail(`${twin.breaks} was not violated in ${TWIN_SEEDS} seeds`);
  });

  it.each(presets)('$id $name: what is shown is explained', ({ s, name, preset }) => {
    const chosen = recipe(s, name);
    const run = simulate(s, chosen);
    expect(run.cut).toBeUndefined();
    if (preset.twin)
      expect(run.verdicts.find((v) => v.property === s.twins[preset.twin!]!.breaks)?.holds).toBe(false);
    const summary = summarize(run);
    expect(summary.headline.length).toBeGreaterThan(3);
    expect(summary.headline.length).toBeLessThanOrEqual(72);
    expect(summary.story.length).toBeGreaterThan(0);
    const types = new Set(run.events.flatMap((e) => (e.kind === 'send' ? [e.type] : [])));
    expect([...types].filter((t) => !s.look.messages[t])).toEqual([]);
    expect(Object.keys(run.metrics).filter((m) => !s.metrics[m])).toEqual([]);
    expect(Object.values(run.metrics).every(Number.isFinite)).toBe(true);
    // In (time, sequence) order, whole microseconds, and the same again.
    expect(
      run.events.every((e, i) => Number.isInteger(e.at) && (i === 0 || e.at >= run.events[i - 1]!.at)),
    ).toBe(true);
    expect(JSON.stringify(simulate(s, chosen).events)).toBe(JSON.stringify(run.events));
  });

  it.each(scenarios)('$id says what it is, and its defaults are within its own limits', (s) => {
    expect(s.sources.length).toBeGreaterThan(0);
    expect(Object.keys(s.twins).length).toBeGreaterThan(0);
    const lesson = join(projectRoot, 'scenarios', s.id, 'lesson.md');
    expect(existsSync(lesson) && readFileSync(lesson, 'utf8').length).toBeGreaterThan(2000);
    expect(() => prepare(s, recipe(s))).not.toThrow();
    for (const twin of Object.values(s.twins))
      for (const part of Object.keys(twin.parts)) expect(Object.keys(s.parts)).toContain(part);
  });

  it.each(scenarios.flatMap((s) => (s.generators ?? []).map((g) => ({ s, id: s.id, name: g.id, g }))))(
    '$id: the generator $name asks from what happened',
    ({ s, g }) => {
      let made = 0;
      for (let seed = 1; seed <= 30; seed++) {
        const run = simulate(s, { ...recipe(s, g.preset), seed });
        const question = g.make(run, () => 0.5);
        if (!question) continue;
        made++;
        expect(question.choices.filter((c) => c.right)).toHaveLength(1);
        expect(question.choices.length).toBeGreaterThanOrEqual(2);
        expect(new Set(question.choices.map((c) => c.text)).size).toBe(question.choices.length);
        expect(question.until).toBeLessThan(run.durationUs);
      }
      expect(made).toBeGreaterThan(5);
    },
  );
});

/** Pages of commands and what followed, kept beside each scenario; `vitest -u` rewrites what followed. */
describe('golden pages', () => {
  const pages = scenarios.flatMap((s) => {
    const folder = join(projectRoot, 'scenarios', s.id, 'golden');
    return existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : [];
  });
  it.each(pages)('%s', async (file) => {
    await expect(replay(readFileSync(file, 'utf8'), sims)).toMatchFileSnapshot(file);
  });
});
