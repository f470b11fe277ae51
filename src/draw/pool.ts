import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { ParamError } from '../sim/words.ts';
import { useFonts } from './fonts.ts';
import type { Draw, Picture } from './index.ts';
import { Lru } from './lru.ts';
import type { Result, Task } from './tasks.ts';

export interface DrawOptions {
  /** finished pictures kept, default 64 */
  readonly pictures?: number;
  /** pictures that may wait for their turn, default 400; beyond it people are told to try again */
  readonly waiting?: number;
}

/** bytes of finished pictures kept */
const KEPT_BYTES = 24 * 2 ** 20;
/** ms; a run is bounded in steps, so this is for what nobody foresaw */
const LONGEST = 60_000;

/** Compiled code beside this file, or in dist/ where this file is a source (tests). */
function workerFile(): string {
  const here = fileURLToPath(import.meta.url);
  return here.endsWith('.ts')
    ? join(dirname(here), '../../dist/src/draw/worker.js')
    : join(dirname(here), 'worker.js');
}

/**
 * Pictures drawn in one worker thread with two tasks in flight: a second worker gains nothing on two cores. Resolves
 * once a word was drawn in the right fonts; rejects where it was not. Call it in the main thread, before any other
 * drawing.
 */
export async function createDraw(options: DrawOptions = {}): Promise<Draw> {
  useFonts();
  const pool = new Piscina<Task, Result>({
    filename: workerFile(),
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 2,
    maxQueue: options.waiting ?? 400,
    // a worker that waits on an atomic does not see libvips finish
    atomics: 'disabled',
    recordTiming: false,
  });
  const finished = new Lru<Done>(options.pictures ?? 64, KEPT_BYTES);
  const underWay = new Map<string, Promise<Done>>();

  const run = async (task: Task): Promise<Done> => {
    if (pool.queueSize >= (options.waiting ?? 400))
      throw new ParamError('Too many pictures are being drawn right now; try again in a minute.');
    const result = await pool.run(task, { signal: AbortSignal.timeout(LONGEST) });
    if (!result.ok) throw new ParamError(result.mistake);
    return result;
  };
  /** The same wish twice is drawn once. */
  const once = (task: Task): Promise<Done> => {
    const key = JSON.stringify(task);
    const known = finished.get(key);
    if (known) return Promise.resolve(known);
    const same = underWay.get(key);
    if (same) return same;
    const drawing = run(task)
      .then((done) => {
        finished.set(key, done, (done.picture?.bytes.length ?? 0) + 4096);
        return done;
      })
      .finally(() => underWay.delete(key));
    underWay.set(key, drawing);
    return drawing;
  };

  try {
    await pool.run({ kind: 'check' });
  } catch (error) {
    await pool.destroy();
    throw error;
  }
  return {
    timeline: async (recipe, options = {}) => both(await once({ kind: 'timeline', recipe, options })),
    animation: async (recipe, options = {}) => both(await once({ kind: 'animation', recipe, options })),
    summary: async (recipe, options = {}) => (await once({ kind: 'summary', recipe, options })).summary!,
    ranking: async (view, theme = 'dark') => (await once({ kind: 'ranking', view, theme })).picture!,
    spread: async (view, theme = 'dark') => (await once({ kind: 'spread', view, theme })).picture!,
    progress: async (view, theme = 'dark') => (await once({ kind: 'progress', view, theme })).picture!,
    forecast: async (view, theme = 'dark') => (await once({ kind: 'forecast', view, theme })).picture!,
    generated: async (scenario, generator, seed) =>
      (await once({ kind: 'generated', scenario, generator, seed })).generated,
    close: () => pool.destroy(),
  };
}

type Done = Extract<Result, { ok: true }>;

const both = (done: Done) => ({ picture: done.picture as Picture, summary: done.summary! });
