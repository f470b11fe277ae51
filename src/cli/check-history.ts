import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { linearizable, modelNames, parseHistory, sequential } from '../sim/history.ts';
import { ParamError } from '../sim/words.ts';

/**
 * check-history FILE --model register|cas-register|queue|map [--initial VALUE]: prints
 * {linearizable, sequential, culprit} as JSON. Exit status 0: linearizable; 1: not; 2: bad input, or no decision within
 * the search's limit (one line on stderr says which).
 */
export function checkHistory(args: readonly string[], print: (line: string) => void): number {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { model: { type: 'string', default: 'register' }, initial: { type: 'string' } },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0)
    throw new ParamError(
      `check-history takes one file: check-history FILE --model ${modelNames.join('|')} [--initial VALUE]`,
    );
  const { ops, model } = parseHistory(readFileSync(file, 'utf8'), values.model, values.initial);
  const lin = linearizable(ops, model);
  // A linearizable history is sequentially consistent: real time keeps each process's own order.
  const seq = lin.holds ? lin : sequential(ops, model);
  print(
    JSON.stringify({
      linearizable: lin.holds ?? null,
      sequential: seq.holds ?? null,
      culprit: lin.culprit ?? null,
    }),
  );
  if (lin.holds === undefined) throw new ParamError(`undecided: ${lin.gaveUp}`);
  return lin.holds ? 0 : 1;
}

export function main(args: readonly string[]): number {
  try {
    return checkHistory(args, (line) => process.stdout.write(`${line}\n`));
  } catch (error) {
    // What parseArgs and the file system throw is one line about the input as well.
    const known = error instanceof ParamError || (error instanceof Error && 'code' in error);
    if (!known) throw error;
    process.stderr.write(`${(error as Error).message.split('\n')[0]}\n`);
    return 2;
  }
}
