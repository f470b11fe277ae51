import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refused } from './rules.ts';
import type { Json } from './world.ts';

/** The plumbing of the REST API: bodies, rate limits, failures on demand, errors as Discord words them. */

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Json;
  readonly files: readonly File[];
}

export interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly raw?: { readonly bytes: Buffer; readonly type: string };
}

export interface Route {
  readonly method: string;
  /** path below /api/v10 with `{}` for each parameter */
  readonly path: string;
  /** interactions and webhooks are authorised by the token in their path */
  readonly open?: boolean;
  run(call: Call): Promise<Answer> | Answer;
}

/** A failure on demand. */
export interface Failure {
  readonly method: string;
  readonly path: RegExp;
  readonly status: 429 | 500 | 502;
  /** how often; once where not given */
  readonly times?: number;
  /** s, of a 429 */
  readonly retryAfter?: number;
  /** the request takes effect all the same: only its answer is lost */
  readonly afterwards?: boolean;
}

export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: Json;
}

const LIMIT = 50;
const WINDOW_MS = 1_000;

export class Rest {
  readonly #routes: readonly (Route & { readonly pattern: RegExp })[];
  readonly #token: string;
  readonly #failures: { failure: Failure; left: number }[] = [];
  readonly #buckets = new Map<string, { left: number; resets: number }>();
  /** every request so far */
  readonly requests: Recorded[] = [];
  /** where this server itself broke: nothing learnt from it then holds */
  readonly faults: string[] = [];

  constructor(routes: readonly Route[], token: string) {
    this.#token = token;
    this.#routes = routes.map((r) => ({
      ...r,
      pattern: new RegExp(`^${r.path.replaceAll('{}', '([^/]+)')}$`),
    }));
  }

  fail(failure: Failure): void {
    this.#failures.push({ failure, left: failure.times ?? 1 });
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://local');
    const method = request.method ?? 'GET';
    const path = url.pathname.replace(/^\/api\/v10/, '');
    let body: Json = {};
    let status = 500;
    const headers: Record<string, string> = {};
    const reply = (code: number, content?: unknown) => {
      status = code;
      response.writeHead(code, {
        ...headers,
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      });
      response.end(content === undefined ? undefined : JSON.stringify(content));
    };
    try {
      const bytes = await read(request);
      const sent = parse(bytes, request.headers['content-type']);
      body = sent.body;
      const route = this.#routes.find((r) => r.method === method && r.pattern.test(path));
      if (!route) return reply(404, { message: '404: Not Found', code: 0 });
      if (!route.open && request.headers.authorization !== `Bot ${this.#token}`)
        return reply(401, { message: '401: Unauthorized', code: 0 });
      const wait = this.#spend(`${method} ${route.path}`, headers);
      if (wait > 0) return this.#slowDown(reply, headers, wait);
      const failing = this.#failures.find(
        (f) => f.left > 0 && f.failure.method === method && f.failure.path.test(path),
      );
      if (failing) failing.left--;
      if (failing?.failure.status === 429)
        return this.#slowDown(reply, headers, failing.failure.retryAfter ?? 0.2);
      if (failing && !failing.failure.afterwards)
        return reply(failing.failure.status, { message: 'Internal Server Error', code: 0 });
      const params = route.pattern.exec(path)!.slice(1).map(decodeURIComponent);
      const answer = await route.run({ method, path, params, query: url.searchParams, ...sent });
      if (failing) return reply(failing.failure.status, { message: 'Internal Server Error', code: 0 });
      if (answer.raw) {
        status = 200;
        response.writeHead(200, { 'content-type': answer.raw.type });
        response.end(answer.raw.bytes);
      } else reply(answer.status ?? (answer.body === undefined ? 204 : 200), answer.body);
    } catch (error) {
      if (error instanceof Refused)
        reply(error.status, { message: error.message, code: error.code, errors: error.errors });
      else {
        this.faults.push(`${method} ${path}: ${error instanceof Error ? error.stack : String(error)}`);
        reply(500, { message: '500: Internal Server Error', code: 0 });
      }
    } finally {
      this.requests.push({ method, path, status, body });
    }
  }

  /** @returns seconds to wait, 0 where the bucket holds */
  #spend(bucket: string, headers: Record<string, string>): number {
    const now = Date.now();
    let b = this.#buckets.get(bucket);
    if (!b || b.resets <= now) {
      b = { left: LIMIT, resets: now + WINDOW_MS };
      this.#buckets.set(bucket, b);
    }
    b.left--;
    const after = (b.resets - now) / 1000;
    headers['x-ratelimit-limit'] = String(LIMIT);
    headers['x-ratelimit-remaining'] = String(Math.max(0, b.left));
    headers['x-ratelimit-reset'] = String(b.resets / 1000);
    headers['x-ratelimit-reset-after'] = String(after);
    headers['x-ratelimit-bucket'] = Buffer.from(bucket).toString('hex').slice(0, 32);
    return b.left < 0 ? after : 0;
  }

  #slowDown(
    reply: (status: number, body: unknown) => void,
    headers: Record<string, string>,
    wait: number,
  ): void {
    headers['retry-after'] = String(Math.ceil(wait));
    headers['x-ratelimit-scope'] = 'user';
    headers['x-ratelimit-remaining'] = '0';
    headers['x-ratelimit-reset-after'] = String(wait);
    reply(429, { message: 'You are being rate limited.', retry_after: wait, global: false });
  }
}

async function read(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** @throws Refused */
function parse(bytes: Buffer<ArrayBuffer>, type = ''): { body: Json; files: File[] } {
  if (bytes.length === 0) return { body: {}, files: [] };
  const json = (words: string): Json => {
    try {
      return JSON.parse(words) as Json;
    } catch {
      throw new Refused(400, 50109, 'The request body contains invalid JSON.');
    }
  };
  if (!type.startsWith('multipart/form-data')) return { body: json(bytes.toString('utf8')), files: [] };
  const files: File[] = [];
  let payload = '{}';
  for (const part of partsOf(bytes, type)) {
    if (part.file === undefined) {
      if (part.name === 'payload_json') payload = part.content.toString('utf8');
    } else
      files[Number(/^files\[(\d+)\]$/.exec(part.name)?.[1] ?? files.length)] = new File(
        [new Uint8Array(part.content)],
        part.file,
        { type: part.mime },
      );
  }
  return { body: json(payload), files };
}

/** The parts of multipart/form-data (RFC 7578), read here since Node 20's own reader was seen to refuse one now and then. */
function partsOf(bytes: Buffer, type: string) {
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1] ?? '';
  const mark = Buffer.from(`--${boundary}`);
  const parts: { name: string; file: string | undefined; mime: string; content: Buffer }[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; ) {
    const from = at + mark.length + 2;
    const next = bytes.indexOf(mark, from);
    const split = bytes.indexOf('\r\n\r\n', from);
    if (next < 0 || split < 0) break;
    const head = bytes.subarray(from, split).toString('utf8');
    parts.push({
      name: /[; ]name="([^"]*)"/i.exec(head)?.[1] ?? '',
      file: /filename="([^"]*)"/i.exec(head)?.[1],
      mime: /content-type: *(\S+)/i.exec(head)?.[1] ?? '',
      content: bytes.subarray(split + 4, next - 2),
    });
    at = next;
  }
  return parts;
}
