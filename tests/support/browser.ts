import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * The Chromium that @sparticuz/chromium ships, unpacked once to node_modules/.cache. It needs libnspr4, libnss3,
 * libnssutil3 and libexpat beside the C library; the package's own Amazon Linux 2023 pack holds these, so a bare
 * machine needs nothing installed. Fonts come from the project's packages: pages look the same everywhere.
 */
async function unpacked(): Promise<string> {
  const manifest = path.join(root, 'node_modules/@sparticuz/chromium/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const cache = path.join(root, 'node_modules/.cache');
  const home = path.join(cache, `chromium-${version}`);
  if (existsSync(home)) return home;
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(path.join(cache, 'chromium-'));
  // it unpacks into the temporary folder, without a lock, and its libraries only where it believes to be on Lambda
  await promisify(execFile)(
    process.execPath,
    ['-e', "import('@sparticuz/chromium').then((m) => m.default.executablePath())"],
    { cwd: root, env: { ...process.env, TMPDIR: draft, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' } },
  );
  writeFileSync(path.join(draft, 'fonts.conf'), fontConfig(home));
  try {
    renameSync(draft, home);
  } catch (error) {
    // another worker was first
    if (!existsSync(home)) throw error;
    rmSync(draft, { recursive: true, force: true });
  }
  return home;
}

function fontConfig(home: string): string {
  const folders = ['@expo-google-fonts/inter', 'dejavu-fonts-ttf', '@expo-google-fonts/noto-emoji'].map(
    (name) => path.join(root, 'node_modules', name),
  );
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
${[...folders, path.join(home, 'fonts')].map((dir) => `  <dir>${dir}</dir>`).join('\n')}
  <cachedir>${path.join(home, 'fonts-cache')}</cachedir>
  <alias><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>Inter</family><family>DejaVu Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`;
}

/**
 * A real headless Chromium that speaks to nobody but the page under test. CHROMIUM_PATH names another one, where the
 * shipped one does not run (it is for Linux on x64).
 */
export async function launchBrowser(): Promise<Browser> {
  const own = process.env.CHROMIUM_PATH;
  const home = own ? '' : await unpacked();
  return chromium.launch({
    executablePath: own ?? path.join(home, 'chromium'),
    headless: true,
    chromiumSandbox: false,
    args: [
      // root in a container has no user namespaces to build a sandbox from
      '--no-sandbox',
      '--no-zygote',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-domain-reliability',
      '--disable-sync',
      '--no-pings',
      '--no-first-run',
      '--font-render-hinting=none',
      // no name but the machine's own resolves
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
    ...(!own && { env: environment(home) }),
  });
}

const environment = (home: string) => ({
  PATH: process.env.PATH ?? '',
  HOME: home,
  LD_LIBRARY_PATH: path.join(home, 'al2023/lib'),
  FONTCONFIG_FILE: path.join(home, 'fonts.conf'),
});

/** The page's client, bundled from source into `folder`. */
export async function bundleClient(folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, [path.join(root, 'tools/build.mjs'), '--page', folder]);
}
