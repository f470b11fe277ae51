import {
  become,
  cancel,
  type Effect,
  type Here,
  invoke,
  later,
  note,
  type Protocol,
  returned,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import { ignore, type Msg, STORAGE, TO_SERVER, TO_STORAGE, ticks, wait } from './protocol.ts';

export interface Lease {
  readonly token: number;
  /** by this client's own clock, counted from when it asked */
  readonly until: number;
}

/** One change of the storage: read, compute, look at the clock, write. */
export interface Job {
  readonly op: number;
  /** names the request to the storage */
  readonly n: number;
  readonly token: number;
  readonly step: 'reading' | 'computing' | 'sending' | 'writing';
  readonly version: number;
  readonly value: number;
}

export interface ClientState {
  /** index of the server it asks */
  readonly server: number;
  /** the request for the lock under way */
  readonly asking: { readonly n: number; readonly sent: number; readonly heard: boolean } | null;
  readonly renewing: { readonly n: number; readonly sent: number } | null;
  /** what it believes to have */
  readonly lease: Lease | null;
  readonly job: Job | null;
  /** changes made with this lease */
  readonly done: number;
}

/** The rules a broken twin breaks. */
export interface ClientRules {
  readonly keepsMargin: boolean;
  /** counts the lease from when it asked, not from when the answer came */
  readonly countsFromAsking: boolean;
  readonly stopsInTime: boolean;
}

export const CLIENT_RULES: ClientRules = { keepsMargin: true, countsFromAsking: true, stopsInTime: true };

type Timer = 'pause' | 'retry' | 'renew' | 'lapse' | 'compute' | 'write' | 'again';
type Out = Effect<Msg, Timer>;
type Next = readonly [ClientState, ...Out[]];

/** An unanswered request to the storage is repeated after this long, µs. */
const AGAIN = 45_000;

export function client(rules: ClientRules = CLIENT_RULES): Protocol<ClientState, Msg, Timer, P> {
  const now = (here: Here<P>) => ticks(here, 'client');
  const servers = (here: Here<P>) => here.part('server');
  const term = (p: P) => Math.floor(p.lease * 1000 * (rules.keepsMargin ? 1 - p.margin : 1));
  const idle = (s: ClientState, here: Here<P>): Next => [
    { ...s, asking: null, renewing: null, lease: null, done: 0 },
    become('idle'),
    cancel<Timer>('lapse'),
    cancel<Timer>('renew'),
    ...(s.job ? [] : [set<Timer>('pause', here.draw(here.params.think))]),
  ];

  const ask = (s: ClientState, here: Here<P>): Next => {
    const n = here.unique();
    return [
      { ...s, asking: { n, sent: now(here), heard: false } },
      send<Msg>(servers(here)[s.server]!, { type: 'Acquire', n }),
      set<Timer>('retry', here.params.retry * 1000),
    ];
  };

  const lapseIn = (s: ClientState, here: Here<P>): Out[] =>
    s.lease && rules.stopsInTime
      ? [set<Timer>('lapse', wait(here, 'client', s.lease.until - now(here)))]
      : [];

  const round = (s: ClientState, here: Here<P>): Next => {
    if (!s.lease) return idle(s, here);
    const { token } = s.lease;
    if (s.done >= here.params.rounds) {
      const [next, ...effects] = idle(s, here);
      const n = here.unique();
      const server = servers(here)[s.server]!;
      return [
        next,
        note('is done and releases the lock'),
        send<Msg>(server, { type: 'Release', n, token }),
        ...effects,
      ];
    }
    const op = here.unique();
    const n = here.unique();
    return [
      { ...s, job: { op, n, token, step: 'reading', version: 0, value: 0 } },
      invoke(op, 'add', '', 1),
      send<Msg>(STORAGE, { type: 'Read', n, token }, `token ${token}`),
      set<Timer>('again', AGAIN),
    ];
  };

  const drop = (s: ClientState): Next => [
    { ...s, job: null },
    ...(s.job ? [returned(s.job.op, 'fail'), cancel<Timer>('compute'), cancel<Timer>('again')] : []),
  ];

  /** Stops what can be stopped. A write that is on its way, or about to leave, is not. */
  const lose = (s: ClientState, why: string, here: Here<P>): Next => {
    const stoppable = s.job && (s.job.step === 'reading' || s.job.step === 'computing');
    const [next, ...dropped] = stoppable ? drop(s) : ([s] as Next);
    const [last, ...effects] = idle(next, here);
    return [last, note(why), ...dropped, ...effects];
  };

  const retryAt = (s: ClientState, leader: string | null, here: Here<P>): Next => {
    if (!s.asking) return [s];
    const named = leader === null ? -1 : servers(here).indexOf(leader);
    if (named >= 0 && named !== s.server) return ask({ ...s, server: named }, here);
    return [{ ...s, asking: { ...s.asking, heard: leader !== null } }];
  };

  return {
    start(here) {
      const state = { server: 0, asking: null, renewing: null, lease: null, job: null, done: 0 };
      return [state, become('idle'), set<Timer>('pause', here.draw(here.params.think))];
    },
    on: {
      Granted(s, { n, token }, from, here) {
        const { asking } = s;
        const until = (asking && rules.countsFromAsking ? asking.sent : now(here)) + term(here.params);
        if (asking?.n !== n || until - now(here) <= here.params.guard * 1000)
          // Too late to be of use, or for a request given up: somebody else may have it.
          return s.lease?.token === token
            ? [s]
            : [s, send<Msg>(from, { type: 'Release', n, token }, `token ${token}`)];
        const lease = { token, until };
        const held = { ...s, asking: null, lease, done: 0 };
        const [next, ...effects] = round(held, here);
        return [
          next,
          become('holds', `token ${token}`),
          cancel<Timer>('retry'),
          ...lapseIn(held, here),
          ...(here.params.renew
            ? [set<Timer>('renew', wait(here, 'client', (here.params.lease * 1000) / 3))]
            : []),
          ...effects,
        ];
      },
      Busy(s, { n }) {
        return s.asking?.n === n ? [{ ...s, asking: { ...s.asking, heard: true } }] : [s];
      },
      Elsewhere(s, { n, leader }, _from, here) {
        if (s.asking?.n === n) return retryAt(s, leader, here);
        const named = leader === null ? -1 : servers(here).indexOf(leader);
        return s.renewing?.n === n && named >= 0 ? [{ ...s, server: named }] : [s];
      },
      Renewed(s, { n }, _from, here) {
        if (!s.lease || s.renewing?.n !== n) return [s];
        const since = rules.countsFromAsking ? s.renewing.sent : now(here);
        const next = { ...s, renewing: null, lease: { ...s.lease, until: since + term(here.params) } };
        return [next, ...lapseIn(next, here)];
      },
      Lost(s, { token }, _from, here) {
        if (s.lease?.token !== token) return [s];
        return lose(s, `is told that token ${token} is no longer the lock’s, and stops`, here);
      },
      Value(s, { n, version, value }, _from, here) {
        if (s.job?.n !== n || s.job.step !== 'reading') return [s];
        return [
          { ...s, job: { ...s.job, step: 'computing', version, value } },
          cancel<Timer>('again'),
          set<Timer>('compute', here.draw(here.params.compute)),
        ];
      },
      Written(s, { n }, _from, here) {
        if (s.job?.n !== n || s.job.step !== 'writing') return [s];
        const [next, ...effects] = round({ ...s, job: null, done: s.done + 1 }, here);
        return [next, returned(s.job.op, 'ok'), cancel<Timer>('again'), ...effects];
      },
      Fenced(s, { n }, _from, here) {
        if (s.job?.n !== n) return [s];
        const [next, ...effects] = drop(s);
        const { token } = s.job;
        const [last, ...more] =
          next.lease?.token === token || !next.lease ? idle(next, here) : ([next] as Next);
        return [last, ...effects, note(`learns that its token ${token} is too old`), ...more];
      },
      ...ignore(...TO_SERVER, ...TO_STORAGE),
    },
    after: {
      pause(s, here) {
        if (s.lease || s.asking || s.job) return [s];
        const [next, ...effects] = ask(s, here);
        return [next, become('waits'), ...effects];
      },
      retry(s, here) {
        if (!s.asking) return [s];
        const server = s.asking.heard ? s.server : (s.server + 1) % servers(here).length;
        return ask({ ...s, server }, here);
      },
      renew(s, here) {
        if (!s.lease) return [s];
        const n = here.unique();
        // An unanswered request is a reason to ask another server.
        const server = s.renewing ? (s.server + 1) % servers(here).length : s.server;
        const { token } = s.lease;
        return [
          { ...s, server, renewing: { n, sent: now(here) } },
          send<Msg>(servers(here)[server]!, { type: 'Renew', n, token }, `token ${token}`),
          set<Timer>('renew', wait(here, 'client', (here.params.lease * 1000) / 3)),
        ];
      },
      lapse(s, here) {
        if (!s.lease) return [s];
        if (now(here) < s.lease.until) return [s, ...lapseIn(s, here)];
        return lose(s, `stops: by its own clock the lease with token ${s.lease.token} is over`, here);
      },
      compute(s, here) {
        if (s.job?.step !== 'computing') return [s];
        const left = s.lease ? s.lease.until - now(here) : 0;
        if (rules.stopsInTime && left <= here.params.guard * 1000) {
          const [next, ...effects] = drop(s);
          const [last, ...more] = s.lease
            ? lose(next, 'looks at the clock: not enough of the lease is left for a write', here)
            : idle(next, here);
          return [last, ...effects, ...more];
        }
        return [
          { ...s, job: { ...s.job, step: 'sending' } },
          later<Timer>('write', here.draw(here.params.gap), s.job.n),
        ];
      },
      write(s, here, n) {
        const { job } = s;
        if (job === null || job.n !== n || job.step !== 'sending') return [s];
        const over = !s.lease || now(here) >= s.lease.until;
        return [
          { ...s, job: { ...job, step: 'writing' } },
          ...(over ? [note(`writes with token ${job.token}: it looked at the clock long ago`)] : []),
          send<Msg>(
            STORAGE,
            { type: 'Write', n: job.n, token: job.token, base: job.version, value: job.value + 1 },
            `token ${job.token}`,
          ),
          set<Timer>('again', AGAIN),
        ];
      },
      again(s) {
        const { job } = s;
        if (job?.step === 'reading')
          return [
            s,
            send<Msg>(STORAGE, { type: 'Read', n: job.n, token: job.token }, `token ${job.token}`),
            set<Timer>('again', AGAIN),
          ];
        if (job?.step !== 'writing') return [s];
        return [
          s,
          send<Msg>(
            STORAGE,
            { type: 'Write', n: job.n, token: job.token, base: job.version, value: job.value + 1 },
            `token ${job.token}`,
          ),
          set<Timer>('again', AGAIN),
        ];
      },
    },
  };
}
