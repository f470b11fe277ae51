import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Call, checkMessage, factsOf, METHODS, missingArguments, Refused, scopeFor } from './api.ts';
import type { Json } from './blockkit.ts';
import { APP, BOT, id, type ResponseUrl, World } from './world.ts';

/** Slack on this machine: the Web API, files, response addresses, Socket Mode and signed deliveries over HTTP. */

export const BOT_TOKEN = 'xoxb-1-1-localbottoken';
export const APP_TOKEN = 'xapp-1-A0QUORUM01-1-localapptoken';
export const SIGNING_SECRET = '8f742231b10e8888abcd99yyyzzz85a5';

export type Fault =
  | { readonly status: 429; readonly retryAfter: number }
  /** `done`: the call did its work before it failed */
  | { readonly status: 500; readonly done: boolean };

export type Kind = 'events_api' | 'slash_commands' | 'interactive';

/** Nobody acknowledged a command or a press: what the person then sees in Slack's client. */
export class Unanswered extends Error {}

export class SlackServer {
  readonly world = new World();
  /** every Web API call, in order */
  readonly calls: { readonly method: string; readonly error?: string }[] = [];
  readonly scopes: readonly string[];
  /** acknowledgements that get lost on their way to Slack from now on */
  loseAcks = 0;
  /** milliseconds in which a delivery must be acknowledged */
  patience = 3000;
  /** where deliveries go over HTTP; over sockets without it */
  endpoint: string | undefined;
  private readonly faults: { readonly method: string; readonly fault: Fault }[] = [];
  private readonly http: Server;
  private readonly web = new WebSocketServer({ noServer: true });
  private readonly sockets = new Set<WebSocket>();
  private readonly tickets = new Set<string>();
  private readonly waiting = new Map<string, (ack: Json) => void>();
  private turn = 0;
  private closed = false;

  private constructor(scopes: readonly string[]) {
    this.scopes = scopes;
    this.http = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => {
        response.writeHead(599).end(String(error));
      });
    });
    this.http.on('upgrade', (request, socket, head) => {
      const ticket = new URL(request.url ?? '', 'http://local').searchParams.get('ticket') ?? '';
      if (!this.tickets.delete(ticket)) socket.destroy();
      else this.web.handleUpgrade(request, socket, head, (ws) => this.connected(ws));
    });
  }

  static async start(scopes: readonly string[]): Promise<SlackServer> {
    const server = new SlackServer(scopes);
    await new Promise<void>((done) => server.http.listen(0, '127.0.0.1', done));
    return server;
  }

  get base(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  get apiUrl(): string {
    return `${this.base}/api/`;
  }

  get openSockets(): number {
    return this.sockets.size;
  }

  /** The next call of this method (or `response_url`) fails like that. */
  failNext(method: string, fault: Fault): void {
    this.faults.push({ method, fault });
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const socket of this.sockets) socket.terminate();
    this.web.close();
    this.http.closeAllConnections();
    await new Promise((done) => this.http.close(done));
  }

  // Socket Mode. https://docs.slack.dev/apis/events-api/using-socket-mode

  private connected(ws: WebSocket): void {
    this.sockets.add(ws);
    ws.on('close', () => this.sockets.delete(ws));
    ws.on('error', () => ws.terminate());
    ws.on('message', (data) => {
      const ack = JSON.parse(String(data)) as { envelope_id: string; payload?: Json };
      if (this.loseAcks > 0) {
        this.loseAcks--;
        ws.terminate();
      } else this.waiting.get(ack.envelope_id)?.(ack.payload ?? {});
    });
    ws.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.sockets.size,
        debug_info: { host: 'applink-1', build_number: 114, approximate_connection_time: 18060 },
        connection_info: { app_id: APP },
      }),
    );
  }

  /** Slack wants one connection renewed. */
  refresh(): void {
    const [socket] = this.sockets;
    socket?.send(
      JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: { host: 'applink-1' } }),
    );
  }

  /** The network takes one connection away. */
  drop(): void {
    const [socket] = this.sockets;
    socket?.terminate();
  }

  /** Delivers until it is acknowledged, and returns what the acknowledgement holds. */
  async deliver(kind: Kind, payload: Json, retry = 0): Promise<Json> {
    return this.endpoint ? this.deliverHttp(kind, payload, retry) : this.deliverSocket(kind, payload, retry);
  }

  private async deliverSocket(kind: Kind, payload: Json, retry: number): Promise<Json> {
    const envelope = id('E');
    for (let attempt = retry; attempt < retry + 4; attempt++) {
      const socket = await this.socket();
      const outcome = await new Promise<Json | 'timeout' | 'closed'>((done) => {
        const timer = setTimeout(() => done('timeout'), this.patience);
        const finish = (result: Json | 'closed') => {
          clearTimeout(timer);
          done(result);
        };
        this.waiting.set(envelope, finish);
        socket.once('close', () => finish('closed'));
        socket.send(
          JSON.stringify({
            envelope_id: envelope,
            type: kind,
            payload,
            accepts_response_payload: kind !== 'events_api',
            ...(kind === 'events_api' && {
              retry_attempt: attempt,
              retry_reason: attempt === 0 ? '' : 'timeout',
            }),
          }),
        );
      });
      this.waiting.delete(envelope);
      if (typeof outcome === 'object') return outcome;
      if (outcome === 'timeout' && kind !== 'events_api') throw new Unanswered('operation_timeout');
    }
    throw new Unanswered('not delivered');
  }

  private async socket(): Promise<WebSocket> {
    for (let tries = 0; tries < 600 && !this.closed; tries++) {
      const open = [...this.sockets].filter((s) => s.readyState === s.OPEN);
      const socket = open[this.turn++ % Math.max(1, open.length)];
      if (socket) return socket;
      await new Promise((r) => setTimeout(r, 20));
    }
    throw new Unanswered('no connection');
  }

  // HTTP. https://docs.slack.dev/authentication/verifying-requests-from-slack

  sign(body: string, at = Math.floor(Date.now() / 1000), secret = SIGNING_SECRET): Record<string, string> {
    const signature = createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex');
    return { 'x-slack-request-timestamp': String(at), 'x-slack-signature': `v0=${signature}` };
  }

  private async deliverHttp(kind: Kind, payload: Json, retry: number): Promise<Json> {
    const [type, body] =
      kind === 'events_api'
        ? ['application/json', JSON.stringify(payload)]
        : kind === 'interactive'
          ? [
              'application/x-www-form-urlencoded',
              new URLSearchParams({ payload: JSON.stringify(payload) }).toString(),
            ]
          : [
              'application/x-www-form-urlencoded',
              new URLSearchParams(payload as Record<string, string>).toString(),
            ];
    let reason = retry > 0 ? 'http_timeout' : '';
    for (let attempt = retry; attempt < 4; attempt++) {
      try {
        const answer = await fetch(this.endpoint!, {
          method: 'POST',
          headers: {
            'content-type': type,
            'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
            ...this.sign(body),
            ...(attempt > 0 && { 'x-slack-retry-num': String(attempt), 'x-slack-retry-reason': reason }),
          },
          body,
          signal: AbortSignal.timeout(this.patience),
        });
        const said = await answer.text();
        if (this.loseAcks > 0) this.loseAcks--;
        else if (answer.ok) return said === '' ? {} : (JSON.parse(said) as Json);
        reason = answer.ok ? 'http_timeout' : 'http_error';
      } catch {
        reason = 'http_timeout';
      }
      // Slack delivers only events again by itself.
      if (kind !== 'events_api') throw new Unanswered('operation_timeout');
    }
    throw new Unanswered('not delivered');
  }

  // Web API and the rest.

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.base);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const send = (status: number, answer: Json | string, headers: Record<string, string> = {}) =>
      response
        .writeHead(status, {
          'content-type': typeof answer === 'string' ? 'text/plain' : 'application/json',
          ...headers,
        })
        .end(typeof answer === 'string' ? answer : JSON.stringify(answer));

    const [, area, rest = '', file = ''] = url.pathname.split('/');
    if (area === 'upload') {
      const known = this.world.files.get(file);
      if (!known || known.length !== body.length) return void send(400, 'length does not match');
      known.bytes = new Uint8Array(body);
      return void send(200, `OK - ${body.length}`);
    }
    const method = area === 'api' ? rest : 'response_url';
    const planned = this.faults.findIndex((f) => f.method === method);
    const fault = planned < 0 ? undefined : this.faults.splice(planned, 1)[0]!.fault;
    if (fault?.status === 429)
      return void send(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(fault.retryAfter) });
    if (fault && !fault.done) return void send(500, 'internal error');
    const answer =
      area === 'api'
        ? this.call(rest, request, body)
        : this.responded(this.world.responseUrls.get(rest), body);
    if (area === 'api')
      this.calls.push({ method, ...(answer.ok === false && { error: String(answer.error) }) });
    if (fault) return void send(500, 'internal error');
    const failed = area !== 'api' && answer.ok !== true;
    send(failed ? 404 : 200, answer, { 'x-oauth-scopes': this.scopes.join(',') });
  }

  private call(method: string, request: IncomingMessage, body: Buffer): Json {
    try {
      const facts = factsOf(method);
      if (!facts) throw new Refused('unknown_method');
      const json = request.headers['content-type']?.startsWith('application/json') ?? false;
      const args: Json = json
        ? facts.json
          ? (JSON.parse(body.toString()) as Json)
          : {}
        : Object.fromEntries(new URLSearchParams(body.toString()));
      const token = request.headers.authorization?.replace(/^Bearer /, '') ?? args.token;
      if (token === undefined) throw new Refused('not_authed');
      if (token !== BOT_TOKEN && token !== APP_TOKEN) throw new Refused('invalid_auth');
      if ((token === APP_TOKEN) !== (method === 'apps.connections.open'))
        throw new Refused('not_allowed_token_type');
      const messages = missingArguments(facts, args);
      if (messages.length > 0) throw new Refused('invalid_arguments', { response_metadata: { messages } });
      const needed = scopeFor(method, facts, this.world, args);
      if (needed && !this.scopes.includes(needed))
        throw new Refused('missing_scope', { needed, provided: this.scopes.join(',') });
      if (method === 'apps.connections.open') {
        const ticket = id('T');
        this.tickets.add(ticket);
        return { ok: true, url: `${this.base.replace('http', 'ws')}/link/?ticket=${ticket}&app_id=${APP}` };
      }
      const run = METHODS[method];
      if (!run) throw new Error(`the local Slack does not know ${method} yet`);
      const parsed = (name: string) => (typeof args[name] === 'string' ? JSON.parse(args[name]) : args[name]);
      const call: Call = {
        world: this.world,
        base: this.base,
        arg: (name) => args[name],
        text: (name) => String(args[name] ?? ''),
        json: parsed,
      };
      return { ok: true, ...run(call) };
    } catch (error) {
      if (error instanceof Refused) return { ok: false, error: error.message, ...error.more };
      throw error;
    }
  }

  /** https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
  private responded(to: ResponseUrl | undefined, body: Buffer): Json {
    try {
      if (!to || Date.now() - to.at > 30 * 60_000) throw new Refused('expired_url');
      if (++to.uses > 5) throw new Refused('used_url');
      const said = JSON.parse(body.toString()) as Json;
      const replace = said.replace_original === true;
      const ephemeral = said.response_type !== 'in_channel';
      const blocks = checkMessage(
        this.world,
        said.text,
        said.blocks,
        replace ? (to.message?.only ? 'ephemeral' : 'message') : ephemeral ? 'ephemeral' : 'message',
      );
      if (replace && to.message) {
        Object.assign(to.message, { text: String(said.text ?? ''), blocks, edited: true });
        return { ok: true };
      }
      this.world.add({
        channel: to.channel,
        user: BOT.user,
        byBot: true,
        text: String(said.text ?? ''),
        blocks,
        ...(ephemeral && { only: to.user }),
      });
      return { ok: true };
    } catch (error) {
      if (error instanceof Refused) return { ok: false, error: error.message };
      throw error;
    }
  }
}
