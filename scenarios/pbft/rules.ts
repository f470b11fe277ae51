import { type P, quorum } from './params.ts';
import type { Certificate } from './state.ts';

/**
 * The rules that PBFT's safety and liveness hang on, each small enough to read, to quote, and to break: a twin of the
 * protocol is the same handlers with one of these replaced. Sections are of Castro & Liskov (OSDI 1999).
 */
export interface Rules {
  /** Matching prepares of different backups, own included, beside the pre-prepare: 2f (§4.2). */
  prepares(p: P): number;
  /** Matching commits, own included: 2f + 1 (§4.2). */
  commits(p: P): number;
  /** A request is executed when committed, not when prepared (§4.2). */
  readonly commitPhase: boolean;
  /** Messages count in the view they were sent in, and in no other (§4.2). */
  readonly heedsView: boolean;
  /** Requests carry their client's signature, and backups check it (§4.2). */
  readonly checksClients: boolean;
  /** A view change carries a certificate of everything prepared (§4.4). */
  carries(certificates: readonly Certificate[]): readonly Certificate[];
  /** View changes a new primary needs: 2f + 1 (§4.4). */
  changes(p: P): number;
  /** A backup gives up a primary that does not get requests executed (§4.4). */
  readonly suspects: boolean;
  /** Backups compute a new view's proposals themselves and compare (§4.4). */
  readonly checksNewView: boolean;
  /** A request sent again gets no second number, and one executed before is not executed again (§4.1). */
  readonly once: boolean;
  /** Equal replies a client needs: f + 1, so that one is from an honest replica (§4.1). */
  replies(p: P): number;
}

export const rules: Rules = {
  prepares: (p) => quorum(p) - 1,
  commits: quorum,
  commitPhase: true,
  heedsView: true,
  checksClients: true,
  carries: (certificates) => certificates,
  changes: quorum,
  suspects: true,
  checksNewView: true,
  once: true,
  replies: (p) => p.f + 1,
};
