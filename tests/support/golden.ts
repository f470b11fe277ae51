import { parseArgs } from 'node:util';
import { words } from '../../src/commands/grammar.ts';
import type { Simulations } from '../../src/sim/catalogue.ts';
import { recipe, simulate } from '../../src/sim/run.ts';
import { instant, recipeLine, Teller, verdictLine } from '../../src/sim/summary.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';

/**
 * A golden page holds prose (`# …`), commands and what followed:
 *
 *     # Why this run is worth reading.
 *     simulate raft --preset leader-crash --seed 7 --set nodes=3 --show notes,faults
 *     ----
 *     what happened, a line an event
 *
 * The command is the command line's; `--show` lists what is printed: notes, faults, states, messages, operations; default all but messages.
 */
export function replay(page: string, sims: Simulations): string {
  const out: string[] = [];
  let skipping = false;
  for (const line of page.split('\n')) {
    if (line.startsWith('#')) {
      if (skipping) out.push('');
      skipping = false;
      out.push(line);
    } else if (line.startsWith('simulate ')) {
      if (skipping) out.push('');
      out.push(line, '----', ...perform(line.slice(9), sims));
      skipping = true;
    } else if (!skipping && line !== '') out.push(line);
  }
  return `${out.join('\n')}\n`;
}

const KINDS: Readonly<Record<string, readonly TraceEvent['kind'][]>> = {
  notes: ['note'],
  faults: ['fault'],
  states: ['state'],
  messages: ['send', 'deliver', 'drop'],
  operations: ['invoke', 'return'],
};

function perform(command: string, sims: Simulations): string[] {
  const { values, positionals } = parseArgs({
    args: words(command),
    allowPositionals: true,
    options: {
      preset: { type: 'string' },
      seed: { type: 'string' },
      twin: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      show: { type: 'string', default: 'notes,faults,states,operations' },
    },
  });
  const { preset, seed, twin, show } = values;
  const set = Object.fromEntries(
    values.set.map((o) => [o.slice(0, o.indexOf('=')), o.slice(o.indexOf('=') + 1)]),
  );
  const id = positionals[0] ?? '';
  const scenario = sims.get(id);
  const run = simulate(
    scenario,
    recipe(scenario, preset, { set, ...(seed && { seed: Number(seed) }), ...(twin && { twin }) }),
  );
  const kinds = new Set(show.split(',').flatMap((name) => KINDS[name] ?? []));
  const teller = new Teller(run);
  return [
    scenario.look.headline(run),
    recipeLine(run),
    ...run.events
      .filter((e) => kinds.has(e.kind))
      .map((e) => `${instant(e.at).padStart(9)}  ${teller.sentence(e)}`),
    ...run.verdicts.map(verdictLine),
  ];
}
