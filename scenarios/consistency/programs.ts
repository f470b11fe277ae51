import type { Here } from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import type { P } from './params.ts';

/** What a client does next, from what it has read so far. It decides for itself; nobody tells it when. */
export interface Ask {
  readonly f: 'put' | 'get';
  readonly key: string;
}

export interface Memory {
  /** operations begun */
  readonly begun: number;
  /** last value read, by key */
  readonly read: Readonly<Record<string, Value>>;
  readonly wrote: readonly string[];
  /** gets since something was last found */
  readonly polls: number;
}

const KEYS = ['x', 'y', 'z', 'u', 'v', 'w'];
/** A reader gives up waiting for a post or reply after so many looks. */
const POLLS = 9;
/** and looks so often at the post once it has seen the reply */
const LOOKS = 1;

export const numberOf = (here: Here<P>): number => Number(here.self.slice(1)) - 1;

export function next(memory: Memory, here: Here<P>): Ask | undefined {
  const { program, operations, clients } = here.params;
  const me = numberOf(here);
  switch (program) {
    case 'mixed': {
      if (memory.begun >= operations) return undefined;
      const key = KEYS[here.between(0, here.params.keys - 1)]!;
      const writes = here.random() < here.params.writes && me < here.params.writers;
      return { f: writes ? 'put' : 'get', key };
    }
    case 'flags':
      if (memory.begun >= operations) return undefined;
      return memory.begun % 2 === 0
        ? { f: 'put', key: KEYS[me]! }
        : { f: 'get', key: KEYS[(me + 1) % clients]! };
    case 'own':
      if (memory.begun >= operations) return undefined;
      return { f: memory.begun % 2 === 0 ? 'put' : 'get', key: KEYS[me]! };
    case 'reply':
      return reply(memory, me);
  }
}

/** The first posts, the second replies when it sees the post, the others look at the post once they see the reply. */
function reply(memory: Memory, me: number): Ask | undefined {
  if (me === 0) return memory.begun === 0 ? { f: 'put', key: 'post' } : undefined;
  if (me === 1) {
    if (memory.wrote.includes('reply')) return undefined;
    if (memory.read.post != null) return { f: 'put', key: 'reply' };
    return memory.polls < POLLS ? { f: 'get', key: 'post' } : undefined;
  }
  if (memory.read.reply == null) return memory.polls < POLLS ? { f: 'get', key: 'reply' } : undefined;
  return memory.polls < LOOKS ? { f: 'get', key: 'post' } : undefined;
}
