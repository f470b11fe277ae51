import {
  become,
  cancel,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  save,
  send,
  sendAll,
  set,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import {
  type Accepted,
  ignore,
  type Lock,
  type Msg,
  TO_CLIENT,
  TO_STORAGE,
  ticks,
  wait,
} from './protocol.ts';

export interface ServerDisk {
  readonly promised: number;
  readonly accepted: Accepted;
}

interface Ask {
  readonly from: string;
  readonly want: 'acquire' | 'renew' | 'release';
  readonly n: number;
  readonly token: number;
  /** when it came, by this server's clock: what the lease is counted from */
  readonly at: number;
}

interface Proposal {
  readonly accepted: Accepted;
  readonly heard: readonly string[];
  /** whom to answer once it is chosen; null for what a new leader takes over */
  readonly ask: Ask | null;
}

export interface Leader {
  readonly is: 'leader';
  readonly ballot: number;
  /** what was taken over is chosen again: only now is anything known */
  readonly ready: boolean;
  readonly lock: Lock;
  /** when the lease is over by this server's clock; 0 for no lease */
  readonly until: number;
  readonly proposal: Proposal | null;
  readonly queue: readonly Ask[];
  /** who was told to wait, in order, and when each asked last */
  readonly waiting: readonly Waiter[];
}

interface Waiter {
  readonly from: string;
  readonly at: number;
}

export type Role =
  | { readonly is: 'follower' }
  | {
      readonly is: 'candidate';
      readonly ballot: number;
      readonly promises: Readonly<Record<string, Accepted>>;
    }
  | Leader;

export interface ServerState {
  readonly disk: ServerDisk;
  readonly role: Role;
  readonly leader: string | null;
}

/** The rules a broken twin breaks. */
export interface ServerRules {
  readonly remembersLock: boolean;
  /** a new leader lets the lease of its predecessor run out */
  readonly waitsOut: boolean;
  readonly expires: boolean;
}

export const SERVER_RULES: ServerRules = { remembersLock: true, waitsOut: true, expires: true };

type Timer = 'election' | 'heartbeat' | 'saved' | 'expire';
type Out = Effect<Msg, Timer>;
type Next = readonly [ServerState, ...Out[]];

const FREE: Lock = { token: 0, holder: null, n: 0 };
const NONE: ServerDisk = { promised: 0, accepted: { ballot: 0, seq: 0, lock: FREE } };
/** for ever, in a state that is plain JSON */
const NEVER = Number.MAX_SAFE_INTEGER;

const term = (ballot: number) => `term ${Math.floor(ballot / 10)}`;
const newer = (a: Accepted, b: Accepted) => a.ballot > b.ballot || (a.ballot === b.ballot && a.seq > b.seq);

export function server(rules: ServerRules = SERVER_RULES): Protocol<ServerState, Msg, Timer, P> {
  const now = (here: Here<P>) => ticks(here, 'server');
  const enough = (count: number, here: Here<P>) =>
    here.params.quorum === 'none' || count * 2 > here.peers.length + 1;
  const patience = (here: Here<P>): Out =>
    set('election', here.peers.length === 0 ? 1000 : here.draw(here.params.election));

  /** Ballots are unique: the round, then the server's number. */
  const stand = (s: ServerState, here: Here<P>): Next => {
    const ballot = (Math.floor(s.disk.promised / 10) + 1) * 10 + Number(here.self.slice(1));
    const disk = { ...s.disk, promised: ballot };
    const promises = { [here.self]: disk.accepted };
    const next: ServerState = { disk, role: { is: 'candidate', ballot, promises }, leader: null };
    const effects: Out[] = [
      ...(here.peers.length === 0 ? [] : [become('candidate', term(ballot))]),
      save(disk),
      ...sendAll(here.peers, { type: 'Prepare', ballot } as Msg, term(ballot)),
      patience(here),
    ];
    if (!enough(1, here)) return [next, ...effects];
    const [led, ...more] = lead(next, ballot, promises, here);
    return [led, ...effects, ...more];
  };

  /** What a majority has promised about may have been chosen: it is proposed again before anything else. */
  const lead = (
    s: ServerState,
    ballot: number,
    promises: Readonly<Record<string, Accepted>>,
    here: Here<P>,
  ): Next => {
    const newest = Object.values(promises).reduce((a, b) => (newer(b, a) ? b : a));
    const role: Leader = {
      is: 'leader',
      ballot,
      ready: false,
      lock: newest.lock,
      until: 0,
      proposal: null,
      queue: [],
      waiting: [],
    };
    const [next, ...effects] = propose({ ...s, leader: here.self }, role, newest.lock, null, here);
    return [
      next,
      become('free', leads(role, here)),
      cancel<Timer>('election'),
      ...(here.peers.length > 0 ? [note(`leads ${term(ballot)}`)] : []),
      ...sendAll(here.peers, { type: 'Heartbeat', ballot } as Msg, term(ballot)),
      set<Timer>('heartbeat', here.params.heartbeat * 1000),
      ...effects,
    ];
  };

  const propose = (s: ServerState, role: Leader, lock: Lock, ask: Ask | null, here: Here<P>): Next => {
    const last = s.disk.accepted;
    const seq = last.ballot === role.ballot ? last.seq + 1 : 1;
    const accepted: Accepted = { ballot: role.ballot, seq, lock };
    const disk = { ...s.disk, accepted };
    return [
      { ...s, disk, role: { ...role, proposal: { accepted, heard: [], ask } } },
      ...sendAll(here.peers, { type: 'Accept', accepted } as Msg, words(lock)),
      save(disk),
      later<Timer>('saved', 0, { ballot: role.ballot, seq }),
    ];
  };

  const heard = (s: ServerState, from: string, ballot: number, seq: number, here: Here<P>): Next => {
    const { role } = s;
    if (role.is !== 'leader' || role.ballot !== ballot || role.proposal?.accepted.seq !== seq) return [s];
    const { proposal } = role;
    if (proposal.heard.includes(from)) return [s];
    const all = [...proposal.heard, from];
    if (!enough(all.length, here))
      return [{ ...s, role: { ...role, proposal: { ...proposal, heard: all } } }];
    return chosen(s, role, proposal, here);
  };

  const chosen = (s: ServerState, role: Leader, { accepted, ask }: Proposal, here: Here<P>): Next => {
    const { lock } = accepted;
    const { lease } = here.params;
    const term = rules.expires ? lease * 1000 : NEVER;
    let until = 0;
    const effects: Out[] = [];
    if (ask === null) {
      // The predecessor may have promised a whole lease just before it went.
      until = lock.holder === null || !rules.waitsOut ? 0 : now(here) + term;
      if (until > 0)
        effects.push(
          become('held', `token ${lock.token}, ${lock.holder}`),
          note(`takes over with token ${lock.token} given to ${lock.holder}, and lets its lease run out`),
        );
    } else if (ask.want === 'release') {
      effects.push(become('free', leads(role, here)));
    } else {
      until = ask.at + term;
      const type = ask.want === 'acquire' ? 'Granted' : 'Renewed';
      effects.push(
        become('held', `token ${lock.token}, ${lock.holder}`),
        ...(ask.want === 'acquire' ? [note(`gives ${ask.from} the lock with token ${lock.token}`)] : []),
        send<Msg>(ask.from, { type, n: ask.n, token: lock.token }, `token ${lock.token}`),
      );
    }
    if (until > 0 && until < NEVER)
      effects.push(set<Timer>('expire', wait(here, 'server', until - now(here))));
    const next: Leader = { ...role, ready: true, lock, until, proposal: null };
    const [then, ...more] = serve({ ...s, role: next }, here);
    return [then, ...effects, ...more];
  };

  /** The queue, until one request changes the lock and has to be agreed upon first. */
  const serve = (s: ServerState, here: Here<P>): Next => {
    const { role } = s;
    if (role.is !== 'leader' || !role.ready || role.proposal) return [s];
    const [ask, ...queue] = role.queue;
    if (!ask) return [s];
    const rest = { ...role, queue };
    const [next, ...effects] = decide({ ...s, role: rest }, rest, ask, here);
    const [last, ...more] = serve(next, here);
    return [last, ...effects, ...more];
  };

  const decide = (s: ServerState, role: Leader, ask: Ask, here: Here<P>): Next => {
    const { lock, until } = role;
    const held = lock.holder !== null && now(here) < until;
    const mine = lock.holder === ask.from;
    switch (ask.want) {
      case 'acquire': {
        if (mine && ask.n === lock.n && held)
          return [s, send<Msg>(ask.from, { type: 'Granted', n: ask.n, token: lock.token })];
        // A copy of a request that was answered long ago
        if (mine && ask.n <= lock.n) return [s];
        const waiting = inLine(role.waiting, ask, here);
        if ((held && !mine) || waiting[0]?.from !== ask.from)
          return [{ ...s, role: { ...role, waiting } }, send<Msg>(ask.from, { type: 'Busy', n: ask.n })];
        const next = { token: lock.token + 1, holder: ask.from, n: ask.n };
        return propose(s, { ...role, waiting: waiting.slice(1) }, next, ask, here);
      }
      case 'renew':
        if (!mine || ask.token !== lock.token)
          return [s, send<Msg>(ask.from, { type: 'Lost', token: ask.token }, `token ${ask.token}`)];
        // Agreed upon like any change: a leader that was replaced must not prolong anything.
        return propose(s, role, lock, ask, here);
      case 'release':
        if (!mine || ask.token !== lock.token) return [s];
        return propose(s, role, { ...lock, holder: null }, ask, here);
    }
  };

  /** First come, first served, as long as it keeps asking. */
  const inLine = (waiting: readonly Waiter[], { from, at }: Ask, here: Here<P>): readonly Waiter[] => {
    const patience = 3 * here.params.retry * 1000;
    const fresh = waiting.filter((w) => w.from === from || at - w.at < patience);
    return fresh.some((w) => w.from === from)
      ? fresh.map((w) => (w.from === from ? { from, at } : w))
      : [...fresh, { from, at }];
  };

  const asked = (s: ServerState, ask: Ask, here: Here<P>): Next => {
    if (s.role.is !== 'leader')
      return ask.want === 'release'
        ? [s]
        : [s, send<Msg>(ask.from, { type: 'Elsewhere', n: ask.n, leader: s.leader })];
    const queue = [...s.role.queue.filter((a) => a.from !== ask.from || a.want !== ask.want), ask];
    return serve({ ...s, role: { ...s.role, queue } }, here);
  };

  /** Another's higher ballot ends this server's own ambitions. */
  const follow = (s: ServerState, ballot: number, leader: string | null, here: Here<P>): Next => {
    const disk = ballot > s.disk.promised ? { ...s.disk, promised: ballot } : s.disk;
    const was = s.role.is;
    return [
      { disk, role: { is: 'follower' }, leader },
      ...(was === 'follower' ? [] : [become('replica'), cancel<Timer>('heartbeat'), cancel<Timer>('expire')]),
      ...(was === 'leader' ? [note(`hears of ${term(ballot)} and steps down`)] : []),
      patience(here),
    ];
  };

  return {
    start(here, disk) {
      const old = (disk as ServerDisk | undefined) ?? NONE;
      const mine = rules.remembersLock ? old : { ...old, accepted: { ...old.accepted, lock: FREE } };
      const first = disk === undefined && here.self === 'l1';
      return [
        { disk: mine, role: { is: 'follower' }, leader: null },
        become(here.peers.length === 0 ? 'free' : 'replica'),
        first ? set<Timer>('election', 1000) : patience(here),
      ];
    },
    on: {
      Acquire: (s, { n }, from, here) =>
        asked(s, { from, want: 'acquire', n, token: 0, at: now(here) }, here),
      Renew: (s, { n, token }, from, here) =>
        asked(s, { from, want: 'renew', n, token, at: now(here) }, here),
      Release: (s, { n, token }, from, here) =>
        asked(s, { from, want: 'release', n, token, at: now(here) }, here),
      Prepare(s, { ballot }, from, here) {
        if (ballot <= s.disk.promised)
          return [s, send<Msg>(from, { type: 'Nack', promised: s.disk.promised })];
        const [next, ...effects] = follow(s, ballot, null, here);
        return [
          next,
          ...effects,
          save(next.disk),
          send<Msg>(from, { type: 'Promise', ballot, accepted: next.disk.accepted }, term(ballot)),
        ];
      },
      Promise(s, { ballot, accepted }, from, here) {
        const { role } = s;
        if (role.is !== 'candidate' || role.ballot !== ballot) return [s];
        const promises = { ...role.promises, [from]: accepted };
        if (!enough(Object.keys(promises).length, here)) return [{ ...s, role: { ...role, promises } }];
        return lead(s, ballot, promises, here);
      },
      Accept(s, { accepted }, from, here) {
        if (accepted.ballot < s.disk.promised)
          return [s, send<Msg>(from, { type: 'Nack', promised: s.disk.promised })];
        const [next, ...effects] = follow(s, accepted.ballot, from, here);
        const disk = newer(accepted, next.disk.accepted) ? { ...next.disk, accepted } : next.disk;
        // Of two that overtook each other the older one is not answered: the leader has gone on.
        const fresh = disk.accepted.ballot === accepted.ballot && disk.accepted.seq === accepted.seq;
        const answer = send<Msg>(from, { type: 'Accepted', ballot: accepted.ballot, seq: accepted.seq });
        return [{ ...next, disk }, ...effects, ...(fresh ? [save(disk), answer] : [])];
      },
      Accepted: (s, { ballot, seq }, from, here) => heard(s, from, ballot, seq, here),
      Nack(s, { promised }, _from, here) {
        if (s.role.is === 'follower' || promised <= s.role.ballot) return [s];
        const [next, ...effects] = follow(s, promised, null, here);
        return [next, ...effects, save(next.disk)];
      },
      Heartbeat(s, { ballot }, from, here) {
        if (ballot < s.disk.promised)
          return [s, send<Msg>(from, { type: 'Nack', promised: s.disk.promised })];
        const [next, ...effects] = follow(s, ballot, from, here);
        return next.disk === s.disk ? [next, ...effects] : [next, ...effects, save(next.disk)];
      },
      ...ignore(...TO_CLIENT, ...TO_STORAGE),
    },
    after: {
      election: (s, here) => (s.role.is === 'leader' ? [s] : stand(s, here)),
      heartbeat(s, here) {
        const { role } = s;
        if (role.is !== 'leader') return [s];
        const { proposal } = role;
        const silent = here.peers.filter((p) => proposal && !proposal.heard.includes(p));
        return [
          s,
          ...sendAll(here.peers, { type: 'Heartbeat', ballot: role.ballot } as Msg, term(role.ballot)),
          ...(proposal
            ? sendAll(
                silent,
                { type: 'Accept', accepted: proposal.accepted } as Msg,
                words(proposal.accepted.lock),
              )
            : []),
          set<Timer>('heartbeat', here.params.heartbeat * 1000),
        ];
      },
      saved(s, here, data) {
        const { ballot, seq } = data as { ballot: number; seq: number };
        return heard(s, here.self, ballot, seq, here);
      },
      expire(s, here) {
        const { role } = s;
        if (role.is !== 'leader' || role.lock.holder === null || now(here) < role.until) return [s];
        return [
          s,
          become('lease over', leads(role, here)),
          note(`counts the lease of ${role.lock.holder} as over`),
        ];
      },
    },
  };
}

const leads = (role: Leader, here: Here<P>) => (here.peers.length === 0 ? '' : `leads ${term(role.ballot)}`);
const words = (lock: Lock) => (lock.holder === null ? 'free' : `${lock.holder}, token ${lock.token}`);
