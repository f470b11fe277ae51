import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The walls of the project, each with its reason. `from` files matching the first pattern may not contain the second. */
const walls: readonly { files: RegExp; except?: RegExp; never: RegExp; why: string }[] = [
  {
    files: /^src\//,
    except: /^src\/main\.ts$/,
    never: /from '[./]*\/adapters\/|from 'discord\.js'|from '@slack\//,
    why: 'the core does not know the platforms; only main chooses adapters',
  },
  {
    files: /^src\/main\.ts$/,
    never: /from 'discord\.js'|from '@slack\//,
    why: 'platform libraries stay in their adapter',
  },
  {
    files: /^(src\/sim|scenarios)\//,
    never:
      /Date\.now|new Date\(|Math\.random|performance\.now|\bprocess\.(?:env|argv|cwd|exit|hrtime|std|on)\b|setTimeout|from 'node:/,
    why: 'a run is a function of its recipe: no clock, no chance, no I/O',
  },
  {
    files: /^src\/sim\//,
    never: /from '(?!\.\/|\.\.\/[\w-]+\.ts')/,
    why: 'the simulator imports nothing outside itself',
  },
  {
    files: /^scenarios\//,
    never: /from '(?!\.\/|\.\.\/[\w-]+\.ts'|(?:\.\.\/)+src\/sim\/)/,
    why: 'a scenario imports its own files and src/sim only',
  },
  {
    files: /^(src|adapters|scenarios)\//,
    except: /^(src\/main\.ts|src\/cli\/.*|src\/draw\/(fonts|worker)\.ts)$/,
    never: /process\.env/,
    why: 'only main and config read the environment',
  },
  {
    files: /^src\/(learn|store|draw|commands)\//,
    never: /Date\.now\(\)|new Date\(\)/,
    why: '`now` is always an argument',
  },
  {
    files: /^src\/store\//,
    never: /from '\.\.\/(commands|learn|draw|cli)\//,
    why: 'imports point downwards',
  },
  { files: /^src\/(draw|learn)\//, never: /from '\.\.\/(commands|cli|bot)/, why: 'imports point downwards' },
  { files: /^src\/chat\.ts$/, never: /^import /m, why: 'the shared words import nothing' },
  {
    files: /^adapters\/(?!page\/client)/,
    never: /from '[./]*\/src\/(?!chat\.ts)/,
    why: 'an adapter translates: it knows the words, not the commands',
  },
];

const root = join(import.meta.dirname, '..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

describe('walls', () => {
  const files = ['src', 'adapters', 'scenarios'].flatMap(sources);
  it.each(walls)('$why', ({ files: pattern, except, never }) => {
    const broken = files
      .filter((file) => pattern.test(file) && !except?.test(file))
      .flatMap((file) => {
        // A wall is about code: what a comment says of a clock is no use of one.
        const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
        const found = never.exec(code);
        return found ? [`${file}: ${found[0]}`] : [];
      });
    expect(broken).toEqual([]);
  });

  it('every adapter has the same files', () => {
    const needed = ['index.ts', 'decode.ts', 'encode.ts', 'register.ts', 'limits.ts'];
    for (const platform of readdirSync(join(root, 'adapters')))
      expect(readdirSync(join(root, 'adapters', platform))).toEqual(expect.arrayContaining(needed));
  });
});
