/**
 * The drawing thread: simulates a recipe and draws it. Simulation and layout run here one after the other; while
 * libvips paints one picture on a thread of its own, the next is simulated: hence two tasks in flight.
 */
import { loadSimulations } from '../content.ts';
import { generated } from '../sim/generated.ts';
import type { Recipe, Run } from '../sim/scenario.ts';
import { summarize } from '../sim/summary.ts';
import { ParamError } from '../sim/words.ts';
import { checkFonts } from './check-fonts.ts';
import { layoutForecast } from './forecast.ts';
import { renderAnimation } from './gif.ts';
import type { Picture } from './index.ts';
import { Lru } from './lru.ts';
import { toPng } from './png.ts';
import { layoutProgress } from './progress.ts';
import { layoutRanking } from './ranking.ts';
import { timelinePicture } from './render.ts';
import { layoutSpread } from './spread.ts';
import { toSvg } from './svg.ts';
import type { Result, Task } from './tasks.ts';

/** Stepping through a run asks for the same run again and again. */
const runs = new Lru<Run>(4, 200_000);

async function runOf(recipe: Recipe): Promise<Run> {
  const key = JSON.stringify(recipe);
  const known = runs.get(key);
  if (known) return known;
  const run = (await loadSimulations()).run(recipe);
  runs.set(key, run, run.events.length);
  return run;
}

export default async function work(task: Task): Promise<Result> {
  try {
    return await answer(task);
  } catch (error) {
    if (error instanceof ParamError) return { ok: false, mistake: error.message };
    throw error;
  }
}

async function answer(task: Task): Promise<Result> {
  switch (task.kind) {
    case 'check':
      await Promise.all([checkFonts(), loadSimulations()]);
      return { ok: true };
    case 'ranking':
      return { ok: true, picture: plain(await toPng(await toSvg(layoutRanking(task.view), task.theme))) };
    case 'spread':
      return { ok: true, picture: plain(await toPng(await toSvg(layoutSpread(task.view), task.theme))) };
    case 'progress':
      return { ok: true, picture: plain(await toPng(await toSvg(layoutProgress(task.view), task.theme))) };
    case 'forecast':
      return { ok: true, picture: plain(await toPng(await toSvg(layoutForecast(task.view), task.theme))) };
    case 'generated': {
      const made = generated((await loadSimulations()).get(task.scenario), task.generator, task.seed);
      return { ok: true, ...(made && { generated: made }) };
    }
    case 'summary':
      return { ok: true, summary: summarize(await runOf(task.recipe), task.options) };
    case 'timeline': {
      const { against, ...options } = task.options;
      const run = await runOf(task.recipe);
      const other = against && (await runOf(against));
      return {
        ok: true,
        picture: plain(await timelinePicture(run, { ...options, ...(other && { against: other }) })),
        summary: summarize(run, options),
      };
    }
    case 'animation': {
      const run = await runOf(task.recipe);
      const picture = await renderAnimation(run, task.options);
      return { ok: true, picture: plain(picture), summary: summarize(run) };
    }
  }
}

/** A Buffer arrives as bytes all the same; this says so in the type. */
const plain = (picture: Picture): Picture => ({ ...picture, bytes: new Uint8Array(picture.bytes) });
