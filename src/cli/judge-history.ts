import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { linearizable, modelNames, parseHistory, sequential } from '../sim/history.ts';
import { DONE, FAILED, UsageError } from './command-line.ts';

const HELP = `npm run -s check-history -- FILE --model ${modelNames.join('|')} [--initial VALUE]

  FILE holds one operation a line, as JSON:
  {"process":"c1","f":"write","key":"x","value":1,"outcome":"ok","invoke":0,"return":10}
  register: read, write    cas-register: also cas, its value [expected, new]
  queue: enqueue, dequeue (null for empty)    map: get, put, append
  outcome: ok, fail or unknown; return: null for never. Times in any unit; equal end points overlap.
  A register starts at 0, a queue empty, unless --initial says otherwise.

Prints {linearizable, sequential, culprit}: the culprit's ops are line numbers; null where the search was given up.
Exit status: 0 linearizable, 1 not, 2 bad input or no decision.`;

export interface Judged {
  readonly status: number;
  readonly output: string;
  /** why there is no decision */
  readonly trouble?: string;
}

/** Throws UsageError or ParamError on bad input, naming the line. */
export function judgeHistory(args: readonly string[]): Judged {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      model: { type: 'string', default: 'register' },
      initial: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return { status: DONE, output: HELP };
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0)
    throw new UsageError(
      `check-history takes one file; got ${positionals.length}. Write check-history FILE --model ${modelNames.join('|')} [--initial VALUE].`,
    );
  const { ops, model } = parseHistory(read(file), values.model, values.initial);
  const lin = linearizable(ops, model);
  // Real time keeps each process's own order: what is linearizable is sequentially consistent too.
  const seq = lin.holds ? lin : sequential(ops, model);
  return {
    status: lin.holds ? DONE : FAILED,
    output: JSON.stringify({
      linearizable: lin.holds ?? null,
      sequential: seq.holds ?? null,
      culprit: lin.culprit ?? null,
    }),
    ...(lin.holds === undefined && { trouble: `undecided: ${lin.gaveUp}` }),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? error}.`);
  }
}
