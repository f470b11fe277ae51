import { writeFileSync, writeSync } from 'node:fs';
import { ParamError } from '../sim/words.ts';

/** Exit statuses of every command: done, a property or grade failed, bad input. */
export const DONE = 0;
export const FAILED = 1;
export const BAD_INPUT = 2;

/** Bad input, one line: what was wrong, what would be accepted. */
export class UsageError extends Error {}

/** Runs a command; its number is the exit status, bad input is one line on stderr. */
export async function main(run: (argv: string[]) => Promise<number>): Promise<void> {
  // `… | head` closes the pipe early: that is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(DONE);
    throw error;
  });
  try {
    process.exitCode = await run(process.argv.slice(2));
  } catch (error) {
    const parse = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
    if (!(error instanceof UsageError || error instanceof ParamError || parse)) throw error;
    process.stderr.write(`${(error as Error).message.replaceAll('\n', ' ')}\n`);
    process.exitCode = BAD_INPUT;
  }
}

/** Writes to the file named, or to stdout, whole before the process may end. */
export function put(content: string | Uint8Array, out: string | undefined): void {
  if (out !== undefined) {
    try {
      writeFileSync(out, content);
    } catch (error) {
      throw new UsageError(
        `cannot write ${out}: ${(error as NodeJS.ErrnoException).code ?? error}; --out takes a file in a folder that exists.`,
      );
    }
    return;
  }
  const bytes =
    typeof content === 'string' ? Buffer.from(content.endsWith('\n') ? content : `${content}\n`) : content;
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(1, bytes, from);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
    }
  }
}

export function wholeNumber(
  text: string | undefined,
  name: string,
  min: number,
  max: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}; got \`${text.slice(0, 40)}\`.`);
}
