import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSimulations } from '../src/content.ts';
import type { Draw } from '../src/draw/index.ts';
import { Lru } from '../src/draw/lru.ts';
import { createDraw } from '../src/draw/pool.ts';
import { renderTimeline } from '../src/draw/render.ts';
import { recipe } from '../src/sim/run.ts';
import type { Recipe } from '../src/sim/scenario.ts';
import { summarize } from '../src/sim/summary.ts';
import { ParamError } from '../src/sim/words.ts';

/** The drawing thread runs compiled code from dist/, which `npm test` builds first. */
describe('drawing in a worker', () => {
  let draw: Draw;
  let wish: Recipe;
  beforeAll(async () => {
    draw = await createDraw({ pictures: 4 });
    wish = recipe((await loadSimulations()).get('saga'), 'orchestrated-compensate');
  });
  afterAll(async () => {
    await draw?.close();
  });

  it('gives the picture and summary this thread would give, byte for byte', async () => {
    const run = (await loadSimulations()).run(wish);
    for (const options of [{}, { theme: 'light' as const }, { step: 12 }, { until: 60_000 }]) {
      const { picture, summary } = await draw.timeline(wish, options);
      const here = await renderTimeline(run, { ...options, format: 'png' });
      expect(Buffer.from(picture.bytes).equals(Buffer.from(here))).toBe(true);
      expect(summary).toEqual(summarize(run, options));
    }
  });

  it('draws two runs under each other, and passes on what is wrong with the second', async () => {
    const against = { ...wish, preset: 'orchestrated-commit' };
    const sims = await loadSimulations();
    const { picture, summary } = await draw.timeline(wish, { against });
    const here = await renderTimeline(sims.run(wish), { format: 'png', against: sims.run(against) });
    expect(Buffer.from(picture.bytes).equals(Buffer.from(here))).toBe(true);
    expect(summary).toEqual(summarize(sims.run(wish)));
    await expect(draw.timeline(wish, { against: { ...wish, preset: 'nonsense' } })).rejects.toThrow(
      /saga has no preset `nonsense`/,
    );
  });

  it('draws the same wish once, whether it was drawn or is being drawn', async () => {
    const other = { ...wish, seed: 77 };
    const [a, b] = await Promise.all([draw.timeline(other), draw.timeline(other)]);
    expect(a.picture.bytes).toBe(b.picture.bytes);
    expect((await draw.timeline(other)).picture.bytes).toBe(a.picture.bytes);
    expect((await draw.timeline({ ...other, seed: 78 })).picture.bytes).not.toBe(a.picture.bytes);
  });

  it.each<[Partial<Recipe>, RegExp]>([
    [{ scenario: 'sgaa' }, /No scenario `sgaa`; did you mean saga/],
    [{ preset: 'nonsense' }, /saga has no preset `nonsense`/],
    [{ set: { nodes: 'many' } }, /has no parameter `nodes`/],
    [{ seed: -1 }, /seed must be a whole number/],
  ])('passes on what is wrong with %j in the simulator’s own words', async (change, words) => {
    const failing = draw.timeline({ ...wish, ...change });
    await expect(failing).rejects.toThrow(words);
    await expect(failing).rejects.toBeInstanceOf(ParamError);
    await expect(draw.summary({ ...wish, ...change })).rejects.toBeInstanceOf(ParamError);
  });

  it('draws on after a mistake: summaries, rankings, animations', async () => {
    expect((await draw.summary(wish)).verdicts.length).toBeGreaterThan(0);
    const view = { title: 'This week', subtitle: 'everybody', rows: [{ rank: 1, name: 'Ana', points: 3 }] };
    expect((await draw.ranking(view)).width).toBe(1200);
    expect((await draw.ranking({ ...view, rows: [] }, 'light')).mime).toBe('image/png');
    const { picture } = await draw.animation(wish);
    expect(Buffer.from(picture.bytes.subarray(0, 6)).toString()).toBe('GIF89a');
  });

  it('tells people to come back when too many wait', async () => {
    const narrow = await createDraw({ waiting: 1 });
    try {
      const wishes = Array.from({ length: 12 }, (_, seed) => narrow.timeline({ ...wish, seed }));
      const ends = await Promise.allSettled(wishes);
      const refused = ends.filter((end) => end.status === 'rejected');
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(12);
      expect(String((refused[0] as PromiseRejectedResult).reason)).toMatch(/Too many pictures.*try again/);
    } finally {
      await narrow.close();
    }
  });
});

describe('what is kept', () => {
  it('is what was used last, within count and weight', () => {
    const lru = new Lru<number>(2, 100);
    lru.set('a', 1, 40);
    lru.set('b', 2, 40);
    lru.get('a');
    lru.set('c', 3, 40);
    expect([lru.get('a'), lru.get('b'), lru.get('c')]).toEqual([1, undefined, 3]);
    lru.set('d', 4, 90);
    expect([lru.get('a'), lru.get('c'), lru.get('d')]).toEqual([undefined, undefined, 4]);
    lru.set('huge', 5, 101);
    expect([lru.get('huge'), lru.get('d')]).toEqual([undefined, 4]);
  });
});
