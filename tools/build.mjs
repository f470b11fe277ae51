#!/usr/bin/env node
/**
 * Builds dist/: the TypeScript tree compiled in the same layout, everything beside it that is read at run time
 * (lessons, migrations, questions), and the page's client bundled to dist/page/.
 *
 *   node tools/build.mjs               build
 *   node tools/build.mjs --if-stale    build only if a source is newer than the last good build; safe to run twice at once
 *   node tools/build.mjs --page DIR    bundle the page's client alone into DIR
 *
 * Plain JavaScript on Node alone until something must be built, because it runs before every start and test.
 * Exit status 1 when a type error or a broken bundle was found; what could be written has been written, but no stamp.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const DIST = path.join(ROOT, 'dist');
const STAMP = path.join(DIST, '.stamp');
const LOCK = path.join(DIST, '.building');
const CLIENT = path.join(ROOT, 'adapters/page/client');

/** compiled and copied */
const TREES = ['src', 'adapters', 'scenarios', 'exercises', 'bench', 'tools'];
/** copied only */
const CONTENT = ['questions'];
const CONFIG = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
/** a build takes seconds; a lock this old (ms) was left behind */
const LOCK_LIFE = 10 * 60_000;

const inDist = (file) => path.join(DIST, path.relative(ROOT, file));
const stat = (file) => fs.statSync(file, { throwIfNoEntry: false });
const isClient = (file) => file === CLIENT || file.startsWith(CLIENT + path.sep);

/** Every file and folder below, folders included: a deleted file shows only in its folder's time. */
function* walk(dir) {
  if (!stat(dir)) return;
  yield { file: dir, folder: true };
  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const file = path.join(dir, entry.name);
    if (entry.isDirectory()) yield* walk(file);
    else yield { file, folder: false };
  }
}

function stale() {
  const built = stat(STAMP)?.mtimeMs;
  if (built === undefined) return true;
  const newer = (file) => (stat(file)?.mtimeMs ?? 0) >= built;
  if (CONFIG.some((name) => newer(path.join(ROOT, name)))) return true;
  for (const tree of [...TREES, ...CONTENT])
    for (const { file } of walk(path.join(ROOT, tree))) if (newer(file)) return true;
  return false;
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Waits until this process alone may write to dist/. A lock whose owner died is taken over. */
async function lock() {
  fs.mkdirSync(DIST, { recursive: true });
  for (;;) {
    try {
      fs.writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const age = Date.now() - (stat(LOCK)?.mtimeMs ?? Date.now());
    const owner = read(LOCK);
    // between its making and its first byte a lock has no owner yet
    const dead = age > LOCK_LIFE || (owner !== '' && owner !== undefined && !alive(Number(owner)));
    if (dead) takeAway(owner);
    else await sleep(50);
  }
  process.on('exit', () => {
    if (read(LOCK) === String(process.pid)) fs.rmSync(LOCK, { force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
}

/** Two who wait may both find the owner dead: the rename lets one of them win, and a lock taken by mistake goes back. */
function takeAway(owner) {
  const mine = `${LOCK}.${process.pid}`;
  try {
    fs.renameSync(LOCK, mine);
    if (read(mine) !== owner) fs.linkSync(mine, LOCK);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  fs.rmSync(mine, { force: true });
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The compiler's command, undefined where development packages are not installed. */
function compiler() {
  try {
    const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
    return path.join(path.dirname(manifest), 'bin/tsc');
  } catch {
    return undefined;
  }
}

const run = (...args) =>
  new Promise((done) => {
    spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).on('close', (status) => done(status ?? 1));
  });

/** Files that are read at run time beside the code; a source that is gone must not live on in dist/. */
function mirror() {
  const kept = new Set();
  for (const tree of [...TREES, ...CONTENT])
    for (const { file, folder } of walk(path.join(ROOT, tree))) {
      if (isClient(file)) continue;
      if (folder) {
        kept.add(inDist(file));
        continue;
      }
      const code = TREES.includes(tree) && file.endsWith('.ts') && !file.endsWith('.d.ts');
      if (code) {
        const js = inDist(file).replace(/\.ts$/, '.js');
        kept.add(js).add(`${js}.map`);
      }
      // a learner is shown an exercise's starter as it was written
      if (!code || tree === 'exercises') {
        const to = inDist(file);
        kept.add(to);
        const now = stat(to);
        const source = stat(file);
        if (now && now.size === source.size && now.mtimeMs >= source.mtimeMs) continue;
        fs.mkdirSync(path.dirname(to), { recursive: true });
        fs.copyFileSync(file, to);
      }
    }
  for (const tree of [...TREES, ...CONTENT])
    for (const { file, folder } of [...walk(path.join(DIST, tree))].reverse()) {
      if (kept.has(file)) continue;
      if (!folder) fs.rmSync(file, { force: true });
      else if (fs.readdirSync(file).length === 0) fs.rmdirSync(file);
    }
}

/** The page's client: script and style with their hash in the name (cached for ever), and the documents naming them. */
async function bundlePage(out) {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    absWorkingDir: CLIENT,
    entryPoints: ['main.ts', 'style.css'],
    entryNames: '[name]-[hash]',
    outdir: path.join(out, 'assets'),
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    // light-dark() needs these
    target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
    metafile: true,
    logLevel: 'warning',
  });
  const made = new Map();
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    const name = path.basename(file);
    made.set(name, entryPoint);
  }
  fs.copyFileSync(path.join(CLIENT, 'icon.svg'), path.join(out, 'icon.svg'));
  // the documents last and at once: whoever reads one finds what it names
  for (const document of ['gate.html', 'index.html']) {
    let html = fs.readFileSync(path.join(CLIENT, document), 'utf8');
    for (const [name, entry] of made) if (entry) html = html.replaceAll(`{{${entry}}}`, `/assets/${name}`);
    const unknown = html.match(/\{\{.*?\}\}/);
    if (unknown) throw new Error(`${document} names ${unknown[0]}, which is not an entry of the bundle`);
    const draft = path.join(out, `.${document}.${process.pid}`);
    fs.writeFileSync(draft, html);
    fs.renameSync(draft, path.join(out, document));
  }
  for (const old of fs.readdirSync(path.join(out, 'assets')))
    if (!made.has(old)) fs.rmSync(path.join(out, 'assets', old), { force: true });
}

async function main(args) {
  if (args[0] === '--page' && args[1]) {
    await bundlePage(path.resolve(args[1]));
    return 0;
  }
  const ifStale = args[0] === '--if-stale';
  if (args.length > (ifStale ? 1 : 0)) {
    console.error('build: expected nothing, --if-stale, or --page DIR');
    return 2;
  }
  if (ifStale && !stale()) return 0;
  const tsc = compiler();
  if (!tsc) {
    if (stat(path.join(DIST, 'src/main.js'))) return 0;
    console.error(
      'build: dist/ is missing and so is TypeScript: run `npm ci` with development packages first',
    );
    return 1;
  }
  await lock();
  if (ifStale && !stale()) return 0; // whoever held the lock has built it
  const started = new Date();
  let status = await run(tsc, '-p', 'tsconfig.build.json');
  mirror();
  if (stat(path.join(CLIENT, 'main.ts')))
    await bundlePage(path.join(DIST, 'page')).catch((error) => {
      console.error(`build: the page's client does not bundle: ${error.message}`);
      status = 1;
    });
  if (status === 0) {
    fs.writeFileSync(STAMP, '');
    // what changes while this runs must count as newer
    fs.utimesSync(STAMP, started, started);
  }
  return status === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
