import type { P } from './params.ts';

/**
 * The domain, pure: an account that may not go below zero. Its state is nothing but the fold of its events.
 * Amounts are whole cents (schema v2) or whole euros (schema v1, last year's release).
 */
interface Envelope {
  /** place in the whole log, from 1; what checkpoints count */
  readonly position: number;
  readonly stream: string;
  /** place in its stream, from 1, without gaps */
  readonly version: number;
  /** the command that caused it, under which a repeat finds it; empty for the history before the run */
  readonly command: string;
  /** by the clock of the handler that decided, µs: a fact like the others, never computed again */
  readonly at: number;
}

export type Kind = 'Deposited' | 'Withdrawn' | 'Declined';

interface V1 {
  readonly schema: 1;
  readonly type: 'Moved';
  /** below zero for a withdrawal */
  readonly euros: number;
}
interface V2 {
  readonly schema: 2;
  readonly type: Kind;
  readonly cents: number;
}

/** As it lies in the store, for ever. */
export type Stored = Envelope & (V1 | V2);
/** As today's code knows it. */
export type Fact = Envelope & V2;
/** An event that has no place in a stream yet. */
export type Draft = Omit<Fact, 'position' | 'version'>;

/** undefined: this reader skips the event */
export type Upcaster = (event: Stored) => Fact | undefined;

/** Old events are never rewritten; they are understood anew whenever they are read. Total: every schema ever written. */
export const upcast = (event: Stored): Fact => {
  if (event.schema === 2) return event;
  const { position, stream, version, command, at, euros } = event;
  const type: Kind = euros < 0 ? 'Withdrawn' : 'Deposited';
  return { position, stream, version, command, at, schema: 2, type, cents: Math.abs(euros) * 100 };
};

export interface Account {
  readonly version: number;
  readonly cents: number;
  /** commands whose events are in here */
  readonly done: Readonly<Record<string, Done>>;
}

export interface Done {
  readonly version: number;
  readonly position: number;
  readonly type: Kind;
}

export const NOBODY: Account = { version: 0, cents: 0, done: {} };

export function evolve(account: Account, fact: Fact): Account {
  const { version, position, type, command } = fact;
  return {
    version,
    cents: account.cents + effect(fact),
    done: command === '' ? account.done : { ...account.done, [command]: { version, position, type } },
  };
}

/** What an event does to the balance, cents. */
export const effect = ({ type, cents }: Pick<Fact, 'type' | 'cents'>): number =>
  type === 'Deposited' ? cents : type === 'Withdrawn' ? -cents : 0;

/** A command as it was given. */
export interface Order {
  /** chosen by the client; each try carries the same */
  readonly id: string;
  readonly account: string;
  readonly f: 'deposit' | 'withdraw';
  readonly cents: number;
}

/** The decision, and the invariant: never below zero. A refusal is a fact too, so that a repeat finds it. */
export function decide(account: Account, order: Order, at: number): Draft {
  const type: Kind =
    order.f === 'deposit' ? 'Deposited' : order.cents <= account.cents ? 'Withdrawn' : 'Declined';
  return { stream: order.account, command: order.id, at, schema: 2, type, cents: order.cents };
}

export const accountNames = (p: P): readonly string[] => ['A', 'B', 'C'].slice(0, p.accounts);

/** Ten euros in, ten out, after an opening deposit: each account holds `opening` in the end. */
export function historyOf(p: P): readonly Stored[] {
  const log: Stored[] = [];
  for (const stream of accountNames(p))
    for (let version = 1; version <= p.history; version++) {
      const first = p.opening - (p.history % 2 === 0 ? 10 : 0);
      const euros = version === 1 ? first : version % 2 === 0 ? 10 : -10;
      const place = { position: log.length + 1, stream, version, command: '', at: 0 };
      if (p.oldHistory) log.push({ ...place, schema: 1, type: 'Moved', euros });
      else {
        const type: Kind = euros < 0 ? 'Withdrawn' : 'Deposited';
        log.push({ ...place, schema: 2, type, cents: Math.abs(euros) * 100 });
      }
    }
  return log;
}

/** `A@3` */
export const name = (e: { readonly stream: string; readonly version: number }): string =>
  `${e.stream}@${e.version}`;
export const euros = (cents: number): string => `${cents / 100} €`;
/** `Withdrawn 40 €` */
export const words = (e: Pick<Fact, 'type' | 'cents'>): string => `${e.type} ${euros(e.cents)}`;
