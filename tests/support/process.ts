import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';

const MAIN = path.join(import.meta.dirname, '../../dist/src/main.js');

/** The bot as people start it: one process, configured by its environment. */
export class Quorum {
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
  /** what it logged and said on stderr */
  output = '';
  #child: ChildProcess | undefined;

  constructor(env: Readonly<Record<string, string>>) {
    this.env = env;
    this.url = `http://127.0.0.1:${env.PORT}`;
  }

  /** Resolves once every platform is connected; rejects with what it said if it stops before. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...this.env },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (this.output += data));
    for (;;) {
      if (child.exitCode !== null) throw new Error(`stopped with ${child.exitCode}: ${this.output}`);
      const health = await fetch(`${this.url}/healthz`).then(
        (r) => (r.ok ? (r.json() as Promise<Record<string, unknown>>) : undefined),
        () => undefined,
      );
      if (
        health &&
        ['DISCORD_TOKEN', 'SLACK_BOT_TOKEN'].every((key) => !this.env[key] || health[PLATFORM[key]!] === true)
      )
        return;
      await new Promise((done) => setTimeout(done, 30));
    }
  }

  /** kill -9: nothing is said, nothing is finished. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await gone;
  }
}

const PLATFORM: Readonly<Record<string, string>> = { DISCORD_TOKEN: 'discord', SLACK_BOT_TOKEN: 'slack' };

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
