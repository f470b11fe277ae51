import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAdaptorServer } from '@hono/node-server';
import type { Adapter, Bot, Log } from '../../src/chat.ts';
import { memoryHistory, type PageHistory } from './history.ts';
import { hub } from './hub.ts';
import { PARTING } from './limits.ts';
import { isLoopback } from './people.ts';
import { CHANNELS } from './register.ts';
import { room } from './room.ts';
import { routes } from './routes.ts';

export { fileHistory, memoryHistory, type PageHistory } from './history.ts';

export interface PageOptions {
  readonly bot: Bot;
  readonly log: Log;
  readonly host: string;
  /** 0 for any free one */
  readonly port: number;
  /** opens the page to whoever knows it; required when `host` is not loopback */
  readonly token?: string;
  /** signs cookies, picture addresses and forms; keep it the same over restarts */
  readonly secret: string;
  /** epoch milliseconds */
  readonly now?: () => number;
  /** Prometheus text for /metrics */
  readonly metrics?: () => Promise<string>;
  /** more for /healthz */
  readonly health?: () => object;
  /** other endpoints on the same port; undefined leaves the request to the page */
  readonly extra?: (request: Request) => Promise<Response> | undefined;
  /** what was said; in memory by default. Closed with the page. */
  readonly keep?: PageHistory;
  /** folder of the built client; dist/page by default */
  readonly client?: string;
}

/** Serves the chat page. Throws, in words for who starts it, when it cannot. */
export async function startPage(options: PageOptions): Promise<Adapter & { readonly url: string }> {
  const { bot, log, host, secret, token, now = Date.now } = options;
  if (!token && !isLoopback(host))
    throw new Error(
      `WEB_TOKEN is required when HOST is not loopback (HOST=${host}): set it to a long random word, and open the page with ?token=… once`,
    );
  const client = readClient(options.client);
  const history = options.keep ?? memoryHistory();
  if (history.channels().length === 0) for (const name of CHANNELS) history.addChannel(name);
  const streams = hub(() => history.channels());
  const chat = room({ bot, log, secret, history, hub: streams, now });
  const app = routes({ ...options, now, client, history, hub: streams, room: chat });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
  const listening = await new Promise<AddressInfo>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`PORT ${options.port} is in use on ${host}: choose another, or stop what listens there`)
          : error.code === 'EACCES'
            ? new Error(`PORT ${options.port} may not be opened by this user: choose one above 1023`)
            : error,
      ),
    );
    server.listen(options.port, host.replace(/^\[|\]$/g, ''), () => resolve(server.address() as AddressInfo));
  });
  let open = true;
  const shown = listening.family === 'IPv6' ? `[${listening.address}]` : listening.address;
  return {
    ...chat.outbox,
    url: `http://${shown}:${listening.port}`,
    ready: () => open && server.listening,
    async close() {
      if (!open) return;
      open = false;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, PARTING);
      });
      await Promise.race([chat.idle(), patience]);
      clearTimeout(timer);
      streams.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
      history.close();
    },
  };
}

export interface ClientFiles {
  readonly page: string;
  readonly gate: string;
  readonly icon: string;
  /** by file name, which holds the content's hash */
  readonly assets: ReadonlyMap<string, { readonly type: string; readonly body: string }>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.map': 'application/json',
};

function readClient(folder = built()): ClientFiles {
  const read = (...name: string[]) => readFileSync(path.join(folder, ...name), 'utf8');
  try {
    return {
      page: read('index.html'),
      gate: read('gate.html'),
      icon: read('icon.svg'),
      assets: new Map(
        readdirSync(path.join(folder, 'assets')).map((name) => [
          name,
          { type: TYPES[path.extname(name)] ?? 'application/octet-stream', body: read('assets', name) },
        ]),
      ),
    };
  } catch (error) {
    throw new Error(`the page's client is not built in ${folder}: run \`npm run build\``, { cause: error });
  }
}

/** Beside this file's folder when compiled, in dist/ when run from source. */
function built(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const root = path.resolve(here, '../..');
  return path.basename(root) === 'dist' ? path.join(root, 'page') : path.join(root, 'dist/page');
}
