/**
 * The fonts of every picture, read from npm packages, so that a machine without any draws the same. WOFF is of no
 * use to librsvg; these are TrueType.
 */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const require = createRequire(import.meta.url);
const packageFolder = (name: string) => dirname(require.resolve(`${name}/package.json`));

export const FAMILY = 'Inter';
export type Weight = 400 | 600 | 700;

/** The TrueType file of each weight used, for whoever measures them. */
export const fontFiles = (): Readonly<Record<Weight, string>> => {
  const inter = packageFolder('@expo-google-fonts/inter');
  return {
    400: join(inter, '400Regular/Inter_400Regular.ttf'),
    600: join(inter, '600SemiBold/Inter_600SemiBold.ttf'),
    700: join(inter, '700Bold/Inter_700Bold.ttf'),
  };
};

/** Scripts and signs Inter lacks: DejaVu for Arabic, Hebrew and mathematics, Noto for emoji. */
const fallbackFolders = () => [
  join(packageFolder('dejavu-fonts-ttf'), 'ttf'),
  join(packageFolder('@expo-google-fonts/noto-emoji'), '400Regular'),
];

let configured: string | undefined;

/**
 * Points fontconfig at these fonts and no others; returns the file's absolute path. fontconfig reads the variable
 * once a process, from the C environment, which a worker thread cannot change: so this runs in the main thread,
 * before a worker starts and before any text is drawn. Later calls do nothing.
 */
export function useFonts(): string {
  if (configured !== undefined) return configured;
  if (!isMainThread) throw new Error('useFonts must have run in the main thread before a worker draws');
  const folders = [...Object.values(fontFiles()).map((file) => dirname(file)), ...fallbackFolders()];
  configured = writeConfig(folders);
  process.env.FONTCONFIG_FILE = configured;
  return configured;
}

const xml = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

function writeConfig(folders: readonly string[]): string {
  const home = join(packageFolder('@expo-google-fonts/inter'), '../../.cache/quorum-fonts');
  try {
    return write(home, folders);
  } catch {
    // an installation nobody may write to: its cache then lasts as long as the process
    return write(mkdtempSync(join(tmpdir(), 'quorum-fonts-')), folders);
  }
}

function write(home: string, folders: readonly string[]): string {
  mkdirSync(join(home, 'cache'), { recursive: true });
  const alias = (generic: string) =>
    `  <alias binding="strong"><family>${generic}</family><prefer><family>${FAMILY}</family><family>DejaVu Sans</family><family>Noto Emoji</family></prefer></alias>`;
  const text = [
    '<?xml version="1.0"?>',
    '<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">',
    '<fontconfig>',
    ...folders.map((folder) => `  <dir>${xml(folder)}</dir>`),
    `  <cachedir>${xml(join(home, 'cache'))}</cachedir>`,
    ...[FAMILY, 'sans-serif'].map(alias),
    '</fontconfig>',
    '',
  ].join('\n');
  const file = join(home, 'fonts.conf');
  if (!same(file, text)) {
    // renamed into place: another process may be reading it
    writeFileSync(`${file}.${process.pid}`, text);
    renameSync(`${file}.${process.pid}`, file);
  }
  return file;
}

function same(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8') === text;
  } catch {
    return false;
  }
}
