import { parseArgs } from 'node:util';
import { loadSimulations } from '../content.ts';
import { randomFaults, shrink } from '../sim/fuzz.ts';
import { simulateMany } from '../sim/many.ts';
import { recipe, simulate } from '../sim/run.ts';
import { DONE, FAILED, main, put, wholeNumber } from './command-line.ts';

/**
 * `npm run -s soak -- [scenario …] [--seeds 1000]`: every preset over many seeds, plain and under random faults, and
 * every twin until it is caught. What the tests do with few seeds, with many, as a table.
 */
await main(async (argv) => {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { seeds: { type: 'string' } },
  });
  const seeds = wholeNumber(values.seeds, '--seeds', 1, 1_000_000) ?? 1000;
  const sims = await loadSimulations();
  let alarms = 0;
  for (const id of positionals.length > 0 ? positionals : sims.ids) {
    const s = sims.get(id);
    for (const [name, preset] of Object.entries(s.presets)) {
      if (preset.twin) continue;
      const plain = { ...recipe(s, name), seed: 1 };
      const many = simulateMany(s, plain, seeds);
      const broken = many.verdicts.filter((v) => v.kind !== 'sometimes' && v.promised && !v.holds);
      const lessons = many.verdicts
        .filter((v) => !v.promised && !v.holds)
        .map((v) => `${v.property} ${v.count}`);
      const seen = many.verdicts.filter((v) => v.kind === 'sometimes').map((v) => `${v.property} ${v.count}`);
      let under = '';
      if (s.withstands) {
        let bad = 0;
        for (let seed = 1; seed <= seeds; seed++) {
          const chosen = { ...plain, seed, interventions: randomFaults(s, plain, seed) };
          const first = simulate(s, chosen, { traceLimit: 0 }).verdicts.find(
            (v) => v.kind === 'always' && v.promised && !v.holds,
          );
          if (!first || bad++ > 0) continue;
          put(
            `  ${id} ${name}: ${first.property}: ${first.detail}\n  ${JSON.stringify(shrink(s, chosen, first.property).recipe)}`,
            undefined,
          );
        }
        alarms += bad;
        under = `, under random faults ${bad === 0 ? 'safe' : `${bad} violated`}`;
      }
      alarms += broken.length;
      put(
        `${broken.length === 0 ? '✓' : '✗'} ${id} ${name}: ${seeds} seeds${under}${lessons.length > 0 ? `; not promised and violated: ${lessons.join(', ')}` : ''}${seen.length > 0 ? `; seen: ${seen.join(', ')}` : ''}`,
        undefined,
      );
      for (const v of broken)
        put(`  ${v.property}, ${v.count} times, first at seed ${v.seed}: ${v.detail}`, undefined);
    }
    for (const [name, twin] of Object.entries(s.twins)) {
      const chosen = { ...recipe(s, twin.preset), twin: name };
      let seed = 1;
      const caught = () =>
        simulate(s, { ...chosen, seed }, { traceLimit: 0 }).verdicts.some(
          (v) => v.property === twin.breaks && !v.holds,
        );
      while (seed <= seeds && !caught()) seed++;
      if (seed > seeds) alarms++;
      put(
        `${seed > seeds ? '✗' : '✓'} ${id} twin ${name}: ${twin.breaks} ${seed > seeds ? `not violated in ${seeds} seeds` : `caught at seed ${seed}`}`,
        undefined,
      );
    }
  }
  return alarms > 0 ? FAILED : DONE;
});
