import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectRoot } from '../src/content.ts';
import { openStore } from '../src/store/index.ts';

/** A process that answers is killed with SIGKILL at moments of its own work, again and again, on one database. */
const KILLS = 6;

let folder: string;
let program: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorum-kill-'));
  // Bundled where its packages are found; Node alone does not read TypeScript.
  const cache = join(projectRoot, 'node_modules/.cache/quorum-tests');
  mkdirSync(cache, { recursive: true });
  program = join(mkdtempSync(join(cache, 'kill-')), 'answering.mjs');
  await build({
    entryPoints: [join(projectRoot, 'tests/support/answering.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(join(program, '..'), { recursive: true, force: true });
});

/** What was acknowledged until the process was killed, after `acknowledged` lines. */
function killedAfter(url: string, run: number, acknowledged: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, url, String(run)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (out.split('\n').length > acknowledged) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (_code, signal) =>
      signal === 'SIGKILL'
        ? // The last line may have been cut; what is not a whole line was not acknowledged.
          resolve(out.split('\n').slice(0, -1))
        : reject(new Error(`the process ended by itself: ${errors}`)),
    );
  });
}

it('has every acknowledged answer after kill -9, and none twice', async () => {
  const path = join(folder, 'q.db');
  const acknowledged = new Set<string>();
  for (let run = 0; run < KILLS; run++) {
    // Not a round number of transactions, and another one each time.
    for (const event of await killedAfter(`file:${path}`, run, 5 + ((run * 37) % 60)))
      acknowledged.add(event);

    const store = await openStore(`file:${path}`);
    const ana = (await store.learners.find({ platform: 'page', space: 'page', id: 'ana' }))!;
    const log = await store.answers.log(ana.id);
    const events = log.map((review) => review.event);
    expect(new Set(events).size).toBe(events.length);
    expect([...acknowledged].filter((event) => !events.includes(event))).toEqual([]);

    // Half an answer would show here: card, activity and points hold exactly what the log does.
    const days = await store.answers.activity(ana.id, 999);
    expect(days.reduce((sum, day) => sum + day.answers, 0)).toBe(log.length);
    expect((await store.cards.get(ana.id, 'one-vote'))?.reps).toBe(log.length);
    const earned = log.reduce((sum, review) => sum + review.points, 0);
    const place = await store.ranking.place({ scope: 'page:page', period: 'all' }, ana.id);
    expect(place?.points ?? 0).toBe(earned);
    await store.close();
  }
  expect(acknowledged.size).toBeGreaterThan(KILLS * 2);
  const db = new Database(path, { readonly: true });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  db.close();
}, 60_000);
