import { describe, expect, it } from 'vitest';
import { encode as discord } from '../adapters/discord/encode.ts';
import { LIMITS as DISCORD } from '../adapters/discord/limits.ts';
import { messages, encode as slack } from '../adapters/slack/encode.ts';
import { type Block, plain } from '../src/chat.ts';
import type { Context } from '../src/commands/command.ts';
import { show } from '../src/commands/run-view.ts';
import { loadSimulations } from '../src/content.ts';
import { recipe } from '../src/sim/run.ts';
import type { Recipe } from '../src/sim/scenario.ts';
import { type Summary, summarize } from '../src/sim/summary.ts';

/** A run is one message that changes in place when it is stepped through: what does not fit would be posted in pieces. */
const fits = (blocks: readonly Block[]): void => {
  const { parts } = discord(blocks, { extras: 'first', marker: 'r' });
  expect(parts).toHaveLength(1);
  expect(parts[0]!.body.content.length).toBeLessThanOrEqual(DISCORD.text);
  expect(messages(slack(blocks, () => 'F1'))).toHaveLength(1);
};

describe('a run is one message on every platform', async () => {
  const sims = await loadSimulations();
  const all = sims.ids.flatMap((id) => Object.keys(sims.get(id).presets).map((preset) => ({ id, preset })));

  it.each(all)('$id $preset', async ({ id, preset }) => {
    const run = sims.run(recipe(sims.get(id), preset));
    let summary: Summary | undefined;
    const context = {
      now: () => 0,
      store: { runs: { keep: async () => '9f3k2x7q' } },
      draw: {
        timeline: async (_recipe: Recipe, view: { step?: number }) => {
          summary = summarize(run, view);
          return {
            picture: { bytes: new Uint8Array(9), mime: 'image/png', width: 1200, height: 675 },
            summary,
          };
        },
        summary: async () => summarize(run),
      },
    } as unknown as Context;
    const { blocks } = await show(run.recipe, context);
    fits(blocks);
    expect(plain(blocks)).not.toMatch(/NaN|undefined|Infinity|\[object/);
    // a share is told in per cent, and a unit is not said twice
    expect(plain(blocks)).not.toMatch(/\d share\b|\b(\w{3,}) [\d.,]+ \1 · /);
    const { moments } = summary!;
    // the middle of the story, and beside itself
    if (moments.length > 0)
      fits((await show(run.recipe, context, { step: moments[moments.length >> 1]! })).blocks);
    fits((await show(run.recipe, context, { against: run.recipe })).blocks);
  });
});
