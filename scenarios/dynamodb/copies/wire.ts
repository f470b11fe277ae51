import { send } from '../../../src/sim/protocol.ts';
import type { Value } from '../../../src/sim/trace.ts';

/**
 * What an application and DynamoDB say to each other, in all four models.
 *
 *   Request  app → DynamoDB   one API call; `serial` names the operation, `attempt` the try
 *   Answer   DynamoDB → app   done, with its result
 *   Refusal  DynamoDB → app   not done, and why; perhaps who could do it
 */
export interface Request {
  readonly type: 'Request';
  readonly serial: number;
  readonly attempt: number;
  /** get is strongly, read eventually consistent */
  readonly f: F;
  readonly key: string;
  readonly value: Value;
  /** ClientRequestToken of a transaction */
  readonly token: number;
}
export type F = 'put' | 'get' | 'read' | 'query' | 'transfer' | 'transact-get' | 'get-each';

export interface Answer {
  readonly type: 'Answer';
  readonly serial: number;
  readonly attempt: number;
  readonly key: string;
  readonly value: Value;
}

export interface Refusal {
  readonly type: 'Refusal';
  readonly serial: number;
  readonly attempt: number;
  readonly why: Why;
  readonly leader: string | null;
}
/** `unavailable` and `elsewhere` did nothing; `unsure` may have been done. */
export type Why = 'elsewhere' | 'unavailable' | 'conflict' | 'condition' | 'unsure';

export type AppMessage = Request | Answer | Refusal;

export const answer = (to: string, m: Request, value: Value) =>
  send<Answer>(
    to,
    { type: 'Answer', serial: m.serial, attempt: m.attempt, key: m.key, value },
    m.f === 'put' || m.f === 'transfer' ? 'ok' : String(value ?? 'nil'),
  );

export const refuse = (to: string, m: Request, why: Why, leader: string | null = null) =>
  send<Refusal>(
    to,
    { type: 'Refusal', serial: m.serial, attempt: m.attempt, why, leader },
    leader ? `ask ${leader}` : why,
  );

/**
 * A server sees each try once, as over a connection: a copy the network made of an old try must not be executed later.
 * Forgotten in a crash, as a connection is. Undefined for a try seen before.
 */
export type Seen = Readonly<Record<string, number>>;
export function firstSight(seen: Seen, from: string, m: Request): Seen | undefined {
  const order = m.serial * 1000 + m.attempt;
  return order > (seen[from] ?? 0) ? { ...seen, [from]: order } : undefined;
}
