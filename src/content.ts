import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { catalogue, type Simulations } from './sim/catalogue.ts';
import type { Scenario } from './sim/scenario.ts';

/**
 * Content is found, not listed: a folder under `scenarios/` or a file under `src/commands/` is all it takes.
 * Code is loaded beside the code that runs (sources in tests, dist/ otherwise); prose is read from the project.
 */
const here = dirname(fileURLToPath(import.meta.url));
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** where code runs from: the project, or dist/ in it */
export const codeRoot = join(here, '..');
/** the project's folder: questions, lessons, migrations */
export const projectRoot = extension === '.ts' ? codeRoot : join(codeRoot, '..');

let loading: Promise<Simulations> | undefined;

/** Imports every scenarios/<id>/scenario.ts once. */
export function loadSimulations(): Promise<Simulations> {
  loading ??= (async () => {
    const folder = join(codeRoot, 'scenarios');
    const found: Scenario[] = [];
    for (const id of folders(folder)) {
      const loaded = await load<Scenario>(join(folder, id, `scenario${extension}`));
      if (loaded === undefined) continue;
      if (loaded.id !== id)
        throw new Error(`scenarios/${id}/scenario.ts has the id ${loaded.id}; it must be ${id}`);
      found.push(loaded);
    }
    return catalogue(found);
  })();
  return loading;
}

/** The default export of every file in a folder of code, by file name. */
export async function loadFolder<T>(folder: string, except: readonly string[] = []): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  for (const file of readdirSync(join(codeRoot, folder)).sort()) {
    const name = file.slice(0, -extension.length);
    if (!file.endsWith(extension) || file.endsWith('.d.ts') || except.includes(name)) continue;
    const loaded = await load<T>(join(codeRoot, folder, file));
    if (loaded !== undefined) found.set(name, loaded);
  }
  return found;
}

/** A folder without a scenario yet is no error; a scenario that does not load is. */
async function load<T>(path: string): Promise<T | undefined> {
  if (!existsSync(path)) return undefined;
  return ((await import(pathToFileURL(path).href)) as { default?: T }).default;
}

export interface LessonPage {
  readonly title: string;
  /** within what one message holds */
  readonly markdown: string;
}

const lessons = new Map<string, readonly LessonPage[]>();

/** scenarios/<id>/lesson.md in pages: one for each `##`, longer ones split between paragraphs. */
export function lessonPages(id: string): readonly LessonPage[] {
  let pages = lessons.get(id);
  if (pages === undefined) {
    const file = join(projectRoot, 'scenarios', id, 'lesson.md');
    pages = existsSync(file) ? paged(readFileSync(file, 'utf8')) : [];
    lessons.set(id, pages);
  }
  return pages;
}

/** A page is at most so long: what Discord takes in one message, with room for its buttons' lines. */
const PAGE = 1700;

function paged(markdown: string): LessonPage[] {
  const pages: LessonPage[] = [];
  let title = '';
  let held = '';
  const close = () => {
    if (held.trim() !== '') pages.push({ title, markdown: held.trim() });
    held = '';
  };
  for (const paragraph of markdown.split(/\n{2,}/)) {
    const named = /^#{1,3} +(.+)\n?([\s\S]*)$/.exec(paragraph.trim());
    if (named) {
      close();
      title = named[1]!.trim();
    }
    const words = named ? named[2]!.trim() : paragraph.trim();
    if (held.length + words.length > PAGE) close();
    held = held === '' ? words : `${held}\n\n${words}`;
  }
  close();
  return pages;
}

function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}
