import type { ClientMessage } from '../../src/sim/client.ts';
import { type Effect, later, type Message, save } from '../../src/sim/protocol.ts';

/**
 * Two-phase commit — Gray, Notes on Data Base Operating Systems (1978), section 5.8.3; Bernstein, Hadzilacos &
 * Goodman, Concurrency Control and Recovery in Database Systems (1987), ch. 7. Presumed abort: Mohan, Lindsay &
 * Obermarck, Transaction Management in the R* Distributed Database Management System (TODS 1986).
 *
 *    Request  client → coordinator        "Run this transaction."
 *    Work     coordinator → participant   "Lock the row and do your part." Nothing is promised yet.
 *    Worked   participant → coordinator   done, not durable
 *    Prepare  coordinator → participant   "Can you commit?" (BHG: VOTE-REQ)
 *    Yes      participant → coordinator   "I can, whatever happens." On its disk before it is said; from now in doubt
 *    No       participant → coordinator   "I have aborted."
 *    Commit   coordinator → participant   the decision: on the coordinator's disk before anybody hears of it
 *    Abort    coordinator → participant   the decision; with presumed abort it is never written
 *    Ack      participant → coordinator   the decision is on disk here, so it may be forgotten there
 *    Inquire  participant → coordinator, or another participant   "What became of it?"
 *    Unsure   participant → participant   "I am in doubt too."
 *
 * A state changes when the record that makes it true is on disk, so what is seen in a state survives a crash.
 */
export type Work = Message & { readonly type: 'Work'; readonly tx: string; readonly amount: number };
export type Worked = Message & { readonly type: 'Worked'; readonly tx: string };
export type Prepare = Message & { readonly type: 'Prepare'; readonly tx: string };
export type Vote = Message & { readonly type: 'Yes' | 'No'; readonly tx: string };
export type Decision = Message & { readonly type: 'Commit' | 'Abort'; readonly tx: string };
export type Ack = Message & { readonly type: 'Ack'; readonly tx: string };
export type Inquire = Message & { readonly type: 'Inquire'; readonly tx: string };
export type Unsure = Message & { readonly type: 'Unsure'; readonly tx: string };

export type Msg = Work | Worked | Prepare | Vote | Decision | Ack | Inquire | Unsure | ClientMessage;

/** The messages whose number the papers compare; the work before the vote is not among them. */
export const COMMIT_PROTOCOL: readonly Msg['type'][] = [
  'Prepare',
  'Yes',
  'No',
  'Commit',
  'Abort',
  'Ack',
  'Inquire',
  'Unsure',
];

export const COORDINATOR = 'coordinator';
export const START_BALANCE = 100;
export const AMOUNT = 10;

/** One pays, the others are paid: money moves, its sum stays. */
export const amountFor = (index: number, participants: number): number =>
  index === 0 ? -AMOUNT * (participants - 1) : AMOUNT;

/** A forced write: what depends on the record is done in `after.logged`, once the disk has it. */
export const force = (image: unknown, then: unknown): Effect<Msg, 'logged'>[] => [
  save(image),
  later('logged', 0, then),
];

/** What a broken twin does instead: goes on at once and leaves the disk as it was. */
export const pretend = (then: unknown): Effect<Msg, 'logged'>[] => [later('logged', 0, then)];
