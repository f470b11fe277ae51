import type { Log, Outbox, Person, Place, Platform, Posted, Reply } from '../../src/chat.ts';
import { type Clock, createClock } from '../../src/clock.ts';
import type { Draw, SpreadView } from '../../src/draw/index.ts';
import type { Bank } from '../../src/learn/bank.ts';
import { ALL_DAYS } from '../../src/learn/daily/timing.ts';
import { createGenerators, createLearning, type Learning } from '../../src/learn/index.ts';
import type { Simulations } from '../../src/sim/catalogue.ts';
import { generated } from '../../src/sim/generated.ts';
import { summarize } from '../../src/sim/summary.ts';
import type { ScheduleSettings, Store } from '../../src/store/index.ts';

/** A platform that remembers everything said on it, beyond the life of the bot. */
export class FakePlatform implements Outbox {
  readonly platform: Platform;
  readonly posts: { place: Place; reply: Reply; at: number; id: string; edits: Reply[] }[] = [];
  readonly #byId = new Map<string, FakePlatform['posts'][number]>();
  readonly told: { person: Person; reply: Reply }[] = [];
  /** channel -> why nothing can be posted there */
  readonly closed = new Map<string, string>();
  /** people who accept no messages */
  readonly deaf = new Set<string>();
  now: () => number;
  pace?: number;

  constructor(now: () => number, platform: Platform = 'page') {
    this.now = now;
    this.platform = platform;
  }

  async post(place: Place, reply: Reply): Promise<Posted> {
    if (this.closed.has(place.channel)) throw new Error('Missing Permissions');
    const id = `m${this.posts.length + 1}`;
    const post = { place, reply, at: this.now(), id, edits: [] };
    this.posts.push(post);
    this.#byId.set(id, post);
    return { place, message: id };
  }

  async edit({ message }: Posted, reply: Reply): Promise<void> {
    const post = this.#byId.get(message);
    if (!post) throw new Error('Unknown Message');
    post.edits.push(reply);
  }

  async direct(person: Person, reply: Reply): Promise<Posted | undefined> {
    if (this.deaf.has(person.id)) return undefined;
    this.told.push({ person, reply });
    return this.post(
      { platform: this.platform, space: person.space, channel: `@${person.id}`, direct: true },
      reply,
    );
  }

  async find({ channel }: Place, marker: string): Promise<Posted | undefined> {
    if (this.closed.has(channel)) throw new Error('Missing Access');
    const post = this.posts.find((p) => p.place.channel === channel && p.reply.marker === marker);
    return post && { place: post.place, message: post.id };
  }

  async obstacle({ channel }: Place): Promise<string | undefined> {
    return this.closed.get(channel);
  }
}

/** Pictures of one pixel, runs as they are. */
export function fakeDraw(sims: Simulations): Draw & { readonly spreads: SpreadView[] } {
  const picture = { bytes: new Uint8Array([1]), mime: 'image/png', width: 1, height: 1 } as const;
  const spreads: SpreadView[] = [];
  return {
    spreads,
    timeline: async (recipe, options) => ({ picture, summary: summarize(sims.run(recipe), options) }),
    animation: async (recipe) => ({ picture, summary: summarize(sims.run(recipe)) }),
    summary: async (recipe, options) => summarize(sims.run(recipe), options),
    ranking: async () => picture,
    progress: async () => picture,
    forecast: async () => picture,
    async spread(view) {
      spreads.push(view);
      return picture;
    },
    generated: async (scenario, id, seed) => generated(sims.get(scenario), id, seed),
    close: async () => {},
  };
}

/** Fails the test it is used in by what it keeps. */
export function keptLog(): Log & { readonly errors: string[]; readonly warnings: string[] } {
  const errors: string[] = [];
  const warnings: string[] = [];
  const words = (details: object, message: string) =>
    `${message}: ${String((details as { err?: Error }).err?.stack ?? JSON.stringify(details))}`;
  return {
    errors,
    warnings,
    debug() {},
    info() {},
    warn: (details, message) => void warnings.push(words(details, message)),
    error: (details, message) => void errors.push(words(details, message)),
  };
}

/** One start of the bot's clock over a store and a platform. */
export function startClock(parts: {
  readonly store: Store;
  readonly platform: FakePlatform;
  readonly bank: Bank;
  readonly sims: Simulations;
  readonly log: Log;
  readonly draw?: Draw;
  now(): number;
}): { readonly clock: Clock; readonly learning: Learning; readonly draw: Draw } {
  const { store, platform, bank, sims, log, now } = parts;
  const draw = parts.draw ?? fakeDraw(sims);
  const learning = createLearning({ store, bank, generators: createGenerators(sims, draw.generated) });
  const clock = createClock({
    store,
    learning,
    draw,
    sims,
    log,
    now,
    outbox: (name) => (name === platform.platform ? platform : undefined),
    platforms: () => [platform.platform],
  });
  return { clock, learning, draw };
}

export const channelOf = (channel: string): Place => ({ platform: 'page', space: 'page', channel });

export const everyDay = (
  channel: string,
  minute: number,
  timezone: string,
  since: number,
  over: Partial<ScheduleSettings> = {},
): ScheduleSettings => ({
  kind: 'channel',
  place: channelOf(channel),
  minute,
  timezone,
  weekdays: ALL_DAYS,
  holidays: [],
  lowest: 1,
  highest: 5,
  rising: false,
  runs: 0,
  since,
  ...over,
});
