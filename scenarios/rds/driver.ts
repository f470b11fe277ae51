import { send } from '../../src/sim/protocol.ts';
import { DNS_NODE, type Effects, type Hand, MS, type Msg, PROXY_NODE } from './protocol.ts';

/**
 * What a database driver keeps for one endpoint: the address it resolved, how long it may believe it, and the connection it
 * has. A connection that works is kept, whatever DNS says by now; the name is looked up again only for a new one.
 */
export interface Link {
  readonly addresses: readonly string[];
  /** uptime until which the address may be used for a new connection */
  readonly until: number;
  readonly to: string | null;
  /** an answer has come over this connection */
  readonly proven: boolean;
}

export const NO_LINK: Link = { addresses: [], until: 0, to: null, proven: false };

/** The rules a broken twin breaks. */
export interface DriverRules {
  /** a name that has expired is looked up again */
  readonly resolves: boolean;
}
export const DRIVER: DriverRules = { resolves: true };

/** The connection in use, or a new one to the cached address, or none and a question to DNS. */
export function dial(
  link: Link,
  reader: boolean,
  here: Hand,
  rules: DriverRules,
): { link: Link; effects: Effects<never> } {
  if (here.params.proxy) return { link: { ...link, to: PROXY_NODE, proven: true }, effects: [] };
  if (link.to !== null) return { link, effects: [] };
  if (here.uptime < link.until || (!rules.resolves && link.addresses.length > 0)) {
    const to = link.addresses[number(here.self) % link.addresses.length]!;
    return { link: { ...link, to, proven: false }, effects: [] };
  }
  return {
    link,
    effects: [send<Msg>(DNS_NODE, { type: 'Resolve', reader }, reader ? 'reader?' : 'writer?')],
  };
}

const number = (self: string) => Number(/\d+$/.exec(self)?.[0] ?? 1) - 1;

export function resolved(link: Link, addresses: readonly string[], stubborn: boolean, here: Hand): Link {
  const { ttl, clientTtl } = here.params;
  const seconds = stubborn && clientTtl >= 0 ? clientTtl : ttl;
  return { ...link, addresses, until: here.uptime + seconds * 1000 * MS };
}

export const lost = (link: Link, to: string): Link =>
  link.to === to ? { ...link, to: null, proven: false } : link;
export const proven = (link: Link, by: string): Link =>
  link.to === by && !link.proven ? { ...link, proven: true } : link;

/** The last of its kind caches as long as it likes. */
export const isLast = (here: Hand, part: string): boolean => here.part(part).at(-1) === here.self;
