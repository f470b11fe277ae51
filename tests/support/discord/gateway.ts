import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatewayCloseCodes, GatewayIntentBits, GatewayOpcodes } from 'discord.js';
import { type WebSocket, WebSocketServer } from 'ws';
import { guildCreate } from './payloads.ts';
import type { Json, World } from './world.ts';

/** A session outlives its connection: what is dispatched meanwhile is replayed when the client resumes. */
interface Session {
  readonly id: string;
  readonly intents: number;
  readonly shard: readonly [number, number];
  readonly log: { op: number; t: string; s: number; d: unknown }[];
  socket: WebSocket | undefined;
}

const PRIVILEGED =
  GatewayIntentBits.GuildMembers | GatewayIntentBits.GuildPresences | GatewayIntentBits.MessageContent;

/** Discord's gateway, version 10: https://docs.discord.com/developers/events/gateway */
export class Gateway {
  readonly #world: World;
  readonly #token: string;
  readonly #allowed: number;
  readonly #heartbeatMs: number;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sessions = new Map<string, Session>();
  #silent = false;
  url = '';
  /** sessions begun and resumed so far */
  readonly counts = { identified: 0, resumed: 0 };

  constructor(world: World, options: { token: string; privileged: number; heartbeatMs: number }) {
    this.#world = world;
    this.#token = options.token;
    this.#allowed = options.privileged;
    this.#heartbeatMs = options.heartbeatMs;
  }

  attach(http: Server): void {
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#server.handleUpgrade(request, socket, head, (ws) => this.#connected(ws));
    });
  }

  #connected(ws: WebSocket): void {
    const send = (op: number, d: unknown = null) => ws.send(JSON.stringify({ op, d, s: null, t: null }));
    let session: Session | undefined;
    ws.on('error', () => undefined);
    ws.on('close', () => {
      if (session?.socket === ws) session.socket = undefined;
    });
    ws.on('message', (data) => {
      const { op, d } = JSON.parse(String(data)) as { op: number; d: Json };
      if (op === GatewayOpcodes.Heartbeat) {
        if (!this.#silent) send(GatewayOpcodes.HeartbeatAck);
      } else if (op === GatewayOpcodes.Identify) {
        if (session) return ws.close(GatewayCloseCodes.AlreadyAuthenticated, 'Already authenticated.');
        session = this.#identify(ws, d);
      } else if (op === GatewayOpcodes.Resume) {
        session = this.#resume(ws, d);
        if (!session) send(GatewayOpcodes.InvalidSession, false);
      } else if (!session) ws.close(GatewayCloseCodes.NotAuthenticated, 'Not authenticated.');
    });
    send(GatewayOpcodes.Hello, { heartbeat_interval: this.#heartbeatMs, _trace: ['local'] });
  }

  #identify(ws: WebSocket, d: Json): Session | undefined {
    const refuse = (code: number, reason: string) => {
      ws.close(code, reason);
      return undefined;
    };
    const intents = Number(d.intents);
    const [shard, total] = (d.shard ?? [0, 1]) as [number, number];
    if (d.token !== this.#token)
      return refuse(GatewayCloseCodes.AuthenticationFailed, 'Authentication failed.');
    if (shard >= total) return refuse(GatewayCloseCodes.InvalidShard, 'Invalid shard.');
    if (!Number.isInteger(intents)) return refuse(GatewayCloseCodes.InvalidIntents, 'Invalid intent(s).');
    if ((intents & PRIVILEGED & ~this.#allowed) !== 0)
      return refuse(GatewayCloseCodes.DisallowedIntents, 'Disallowed intent(s).');
    const id = randomBytes(16).toString('hex');
    const session: Session = { id, intents, shard: [shard, total], log: [], socket: ws };
    this.#sessions.set(id, session);
    this.counts.identified++;
    const guilds = [...this.#world.guilds.values()].filter((g) => this.#covers(session, g.id));
    this.#send(session, 'READY', {
      v: 10,
      user: { ...this.#world.bot, verified: true, mfa_enabled: false, email: null, flags: 0 },
      guilds: guilds.map((g) => ({ id: g.id, unavailable: true })),
      session_id: id,
      session_type: 'normal',
      resume_gateway_url: this.url,
      shard: [shard, total],
      application: { id: this.#world.application, flags: 0 },
    });
    if (intents & GatewayIntentBits.Guilds)
      for (const g of guilds) this.#send(session, 'GUILD_CREATE', guildCreate(this.#world, g));
    return session;
  }

  #resume(ws: WebSocket, d: Json): Session | undefined {
    const session = this.#sessions.get(String(d.session_id));
    if (!session || d.token !== this.#token) return undefined;
    session.socket?.terminate();
    session.socket = ws;
    this.counts.resumed++;
    for (const missed of session.log.filter((e) => e.s > Number(d.seq))) ws.send(JSON.stringify(missed));
    this.#send(session, 'RESUMED', { _trace: ['local'] });
    return session;
  }

  #covers(session: Session, guild: string | undefined): boolean {
    const [shard, total] = session.shard;
    return guild ? Number((BigInt(guild) >> 22n) % BigInt(total)) === shard : shard === 0;
  }

  #send(session: Session, t: string, d: unknown): void {
    const event = { op: GatewayOpcodes.Dispatch, t, s: session.log.length + 1, d };
    session.log.push(event);
    if (session.socket?.readyState === 1) session.socket.send(JSON.stringify(event));
  }

  /** To every session whose shard and intents cover it; `content` hides words the bot may not read. */
  dispatch(t: string, d: Json, to: { guild?: string; intent?: number; hides?: boolean } = {}): void {
    for (const session of this.#sessions.values()) {
      if (!this.#covers(session, to.guild)) continue;
      if (to.intent !== undefined && (session.intents & to.intent) === 0) continue;
      const blind = to.hides === true && (session.intents & GatewayIntentBits.MessageContent) === 0;
      this.#send(session, t, blind ? { ...d, content: '', embeds: [], attachments: [], components: [] } : d);
    }
  }

  /** Cuts every connection as a failing network would; sessions stay resumable. */
  drop(): void {
    for (const s of this.#sessions.values()) {
      s.socket?.terminate();
      s.socket = undefined;
    }
  }

  /** The server forgets all sessions: clients must identify anew. */
  forget(): void {
    const open = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const s of open)
      s.socket?.send(JSON.stringify({ op: GatewayOpcodes.InvalidSession, d: false, s: null, t: null }));
  }

  /** Connections stay open and heartbeats go unanswered, until `false`. */
  zombie(silent = true): void {
    this.#silent = silent;
  }

  close(): void {
    this.drop();
    for (const ws of this.#server.clients) ws.terminate();
    this.#server.close();
  }
}
