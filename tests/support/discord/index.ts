import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayIntentBits } from 'discord.js';
import { Gateway } from './gateway.ts';
import { type Failure, type Recorded, Rest } from './http.ts';
import { channelPayload } from './payloads.ts';
import { type DiscordPerson, personOn } from './people.ts';
import { routes } from './routes.ts';
import { type Channel, type Json, World } from './world.ts';

export type { DiscordPerson } from './people.ts';

export interface DiscordServer {
  /** what `DISCORD_API_URL`, `DISCORD_TOKEN` and `DISCORD_GUILD_ID` would be */
  readonly apiUrl: string;
  readonly token: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly world: World;
  readonly gateway: Gateway;
  /** every REST request so far, oldest first */
  readonly requests: readonly Recorded[];
  /** the same name, the same person */
  person(name: string, how?: { readonly manager?: boolean }): DiscordPerson;
  /** the next matching request fails */
  fail(failure: Failure): void;
  /** takes permissions from the bot in the main channel; none gives all back */
  deny(...bits: readonly bigint[]): void;
  /** the tokens of all interactions run out, as after fifteen minutes */
  expire(): void;
  /** commands as registered, globally or in the guild */
  commands(scope: 'global' | 'guild'): readonly Json[];
  close(): Promise<void>;
}

/**
 * A Discord of one's own on 127.0.0.1: REST API v10 and gateway as discord.js speaks them, with one server, one
 * channel and as many people as are asked for. It refuses what Discord refuses.
 */
export async function startDiscordServer(
  options: {
    readonly port?: number;
    readonly token?: string;
    readonly heartbeatMs?: number;
    /** as if switched on in the developer portal */
    readonly messageContent?: boolean;
  } = {},
): Promise<DiscordServer> {
  const token = options.token ?? 'local.discord.token';
  const world = new World();
  const gateway = new Gateway(world, {
    token,
    privileged: options.messageContent ? GatewayIntentBits.MessageContent : 0,
    heartbeatMs: options.heartbeatMs ?? 41_250,
  });
  const rest = new Rest(routes(world, gateway), token);
  const http = createServer((request, response) => void rest.handle(request, response));
  gateway.attach(http);
  await new Promise<void>((done) => http.listen(options.port ?? 0, '127.0.0.1', done));
  const { port } = http.address() as AddressInfo;
  gateway.url = `ws://127.0.0.1:${port}`;
  world.cdn = `http://127.0.0.1:${port}`;

  const people = new Map<string, DiscordPerson>();
  return {
    apiUrl: `http://127.0.0.1:${port}/api`,
    token,
    guildId: world.home.id,
    channelId: world.main.id,
    world,
    gateway,
    requests: rest.requests,
    person(name, how = {}) {
      const known = people.get(name);
      if (known && !how.manager) return known;
      const person = personOn(world, gateway, name, world.home, how.manager ?? false);
      people.set(name, person);
      return person;
    },
    fail: (failure) => rest.fail(failure),
    deny(...bits) {
      const main = world.main as Channel;
      main.denied = bits.reduce((all, b) => all | b, 0n);
      gateway.dispatch('CHANNEL_UPDATE', channelPayload(world, main), {
        guild: world.home.id,
        intent: GatewayIntentBits.Guilds,
      });
    },
    expire() {
      for (const i of world.interactions.values()) i.expired = true;
    },
    commands: (scope) => world.commands.get(scope === 'guild' ? world.home.id : 'global') ?? [],
    async close() {
      gateway.close();
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
      if (rest.faults.length > 0) throw new Error(`the local Discord broke: ${rest.faults.join('\n')}`);
    },
  };
}
