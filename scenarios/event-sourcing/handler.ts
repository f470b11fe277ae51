import {
  become,
  cancel,
  type Effect,
  type Here,
  note,
  type Protocol,
  type Step,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { plural } from '../../src/sim/words.ts';
import {
  type Account,
  type Draft,
  decide,
  euros,
  evolve,
  type Fact,
  NOBODY,
  name,
  type Order,
  type Upcaster,
  upcast,
  words,
} from './domain.ts';
import type { P } from './params.ts';
import { type CacheMessage, type CommandMessage, SNAPSHOTS, STORE, type StoreMessage } from './protocol.ts';

/**
 * A command handler: read the stream, fold it, decide, append at the version it decided on. It keeps nothing: whatever
 * it must know is in the events, its own command ids included, so a crash costs it nothing but time.
 */
export interface HandlerState {
  readonly work: Work | null;
  /** commands that wait, one at a time each */
  readonly queue: readonly Asked[];
}

export interface Asked {
  readonly order: Order;
  readonly from: string;
}

export interface Work extends Asked {
  readonly phase: 'cache' | 'load' | 'decide' | 'append';
  /** counts this command's requests; with its id, so that a late answer to anything else is told apart */
  readonly asks: number;
  /** conflicts and silences so far */
  readonly tries: number;
  /** where the fold starts: nothing, a snapshot, or the state before a conflict */
  readonly base: Account;
  /** what was read after `base`, as today's code knows it */
  readonly tail: readonly Fact[];
  /** base and tail folded; what the decision rests on */
  readonly account: Account | null;
  readonly draft: Draft | null;
}

/** The rules a broken twin breaks. */
export interface HandlerRules {
  readonly upcast: Upcaster;
  /** reload and decide again, or insist: append the old decision at the new version */
  readonly conflict: 'reload' | 'insist';
  readonly knowsCommands: boolean;
  readonly answers: 'appended' | 'decided';
  /** the version written on a snapshot, against the one it stands for */
  readonly label: 0 | -1;
  readonly readsTail: boolean;
}
export const HANDLER_RULES: HandlerRules = {
  upcast,
  conflict: 'reload',
  knowsCommands: true,
  answers: 'appended',
  label: 0,
  readsTail: true,
};

type Message = CommandMessage | StoreMessage | CacheMessage;
type Timer = 'wait' | 'think';
type Out = Effect<Message, Timer>;
type To = Step<HandlerState, Message, Timer>;

const askOf = (work: Work): string => `${work.order.id}/${work.asks}`;

export function handler(rules: HandlerRules): Protocol<HandlerState, Message, Timer, P> {
  const begin = (state: HandlerState, asked: Asked, here: Here<P>): To => {
    const fresh: Work = {
      ...asked,
      phase: 'load',
      asks: 0,
      tries: 0,
      base: NOBODY,
      tail: [],
      account: null,
      draft: null,
    };
    if (here.params.snapshotEvery === 0) return load(state, fresh, here);
    const work: Work = { ...fresh, phase: 'cache', asks: 1 };
    const { account } = asked.order;
    return [
      { ...state, work },
      become('loads', account),
      send(SNAPSHOTS, { type: 'Get', account, ask: askOf(work) }, account),
      set('wait', Math.round(here.params.cacheWait * 1000)),
    ];
  };

  const load = (state: HandlerState, was: Work, here: Here<P>, ...said: Out[]): To => {
    const work: Work = { ...was, phase: 'load', asks: was.asks + 1 };
    const doing = was.tries > 0 ? 'reloads' : 'loads';
    const { account } = work.order;
    const after = work.base.version;
    return [
      { ...state, work },
      ...said,
      become(doing, after === 0 ? account : `${account} > ${after}`),
      send(
        STORE,
        { type: 'Read', account, after, ask: askOf(work) },
        after === 0 ? account : `${account} > ${after}`,
      ),
      set('wait', patience(work, here)),
    ];
  };

  /** Longer with every try, as the store may be slow rather than gone. */
  const patience = (work: Work, here: Here<P>): number =>
    Math.round(here.params.timeout * 1000 * 2 ** Math.min(work.tries, 4));

  const finish = (state: HandlerState, here: Here<P>, ...said: Out[]): To => {
    const [next, ...queue] = state.queue;
    const idle: HandlerState = { work: null, queue };
    if (!next) return [idle, ...said, become('idle'), cancel('wait'), cancel('think')];
    const [begun, ...effects] = begin(idle, next, here);
    return [begun, ...said, cancel('wait'), cancel('think'), ...effects];
  };

  const result = (work: Work, kind: Draft['type'], version: number, position: number): Out =>
    send(
      work.from,
      { type: 'Result', id: work.order.id, kind, version, position },
      `${kind === 'Declined' ? 'declined' : 'done'}, ${name({ stream: work.order.account, version })}`,
    );

  const append = (state: HandlerState, work: Work, draft: Draft, expected: number, here: Here<P>): To => {
    const next: Work = { ...work, phase: 'append', asks: work.asks + 1, draft };
    const place = name({ stream: draft.stream, version: expected + 1 });
    return [
      { ...state, work: next },
      become('appends', place),
      send(STORE, { type: 'Append', expected, draft, ask: askOf(next) }, `${place} ${words(draft)}`),
      set('wait', patience(next, here)),
      ...(rules.answers === 'decided' ? [result(work, draft.type, expected + 1, 0)] : []),
    ];
  };

  const decided = (state: HandlerState, here: Here<P>): To => {
    const { work } = state;
    if (!work?.account) return [state];
    const { account, order } = work;
    const known = rules.knowsCommands ? account.done[order.id] : undefined;
    if (known)
      return finish(
        state,
        here,
        note(
          `finds ${order.id} in ${name({ stream: order.account, version: known.version })}: it was stored`,
        ),
        result(work, known.type, known.version, known.position),
      );
    const draft = decide(account, order, here.clock);
    const [next, ...effects] = append(state, work, draft, account.version, here);
    const holds = `${order.account} holds ${euros(account.cents)}`;
    return draft.type === 'Declined'
      ? [next, note(`declines to withdraw ${euros(order.cents)}: ${holds}`), ...effects]
      : [next, ...effects];
  };

  /** The store was silent, or somebody else was faster. */
  const again = (state: HandlerState, work: Work, here: Here<P>, why: string): To => {
    const tries = work.tries + 1;
    const { id } = work.order;
    if (tries >= here.params.attempts)
      return finish(
        state,
        here,
        note(`gives up on ${id} after ${tries} tries`),
        send(work.from, { type: 'Busy', id }, 'busy'),
      );
    // What was folded before stays true: events do not change, so only the newer ones are read.
    return load(state, { ...work, tries, base: work.account ?? work.base }, here, note(why));
  };

  /** What is worth saying about a load. */
  const story = (work: Work, count: number, old: number, here: Here<P>): Out[] => {
    const { account } = work.order;
    const read = rules.upcast === upcast ? 'reads them as today’s' : 'skips them';
    if (old > 0) return [note(`loads ${account}: ${plural(old, 'event')} in schema v1, ${read}`)];
    if (here.params.snapshotEvery === 0 || work.tries > 0) return [];
    const snapshot = name({ stream: account, version: work.base.version });
    return [
      note(
        work.base.version === 0
          ? `folds all ${count} events of ${account}`
          : `starts from the snapshot of ${snapshot} and folds ${plural(count, 'event')}`,
      ),
    ];
  };

  /** The answer is to the request that is open. */
  const open = (state: HandlerState, ask: string, phase: Work['phase']): Work | undefined =>
    state.work?.phase === phase && askOf(state.work) === ask ? state.work : undefined;

  return {
    start: () => [{ work: null, queue: [] }, become('idle')],
    on: {
      Command(state, m, from, here) {
        const asked: Asked = { order: m.order, from };
        const same = (a: Asked | null) => a?.order.id === m.order.id;
        if (same(state.work) || state.queue.some(same)) return [state];
        if (state.work) return [{ ...state, queue: [...state.queue, asked] }];
        return begin(state, asked, here);
      },
      Cached(state, m, _from, here) {
        const work = open(state, m.ask, 'cache');
        return work ? load(state, { ...work, base: m.snapshot ?? NOBODY }, here) : [state];
      },
      Stream(state, m, _from, here) {
        const work = open(state, m.ask, 'load');
        if (!work || m.after !== work.base.version) return [state];
        const head = m.events.at(-1)?.version ?? work.base.version;
        const tail = m.events.flatMap((e) => rules.upcast(e) ?? []);
        const folded = (rules.readsTail || work.base === NOBODY ? tail : []).reduce(evolve, work.base);
        const account: Account = { ...folded, version: head };
        const next: HandlerState = { ...state, work: { ...work, phase: 'decide', tail, account } };
        const old = m.events.filter((e) => e.schema === 1).length;
        const told = story(work, m.events.length, old, here);
        const us = here.draw(here.params.think);
        if (us === 0) {
          const [done, ...effects] = decided(next, here);
          return [done, ...told, ...effects];
        }
        return [
          next,
          ...told,
          old > 0 ? become('upcasts', `${old} old`) : become('decides', euros(account.cents)),
          cancel('wait'),
          set('think', us),
        ];
      },
      Appended(state, m, _from, here) {
        const work = open(state, m.ask, 'append');
        if (!work?.account) return [state];
        const fact = upcast(m.event);
        const { position, version, stream } = fact;
        // An answer to an earlier life of this handler may tell of another version: true, but no base for a snapshot.
        const next = version === work.account.version + 1;
        const every = here.params.snapshotEvery;
        const due = next && every > 0 && version - work.base.version >= every;
        const snapshot: Account = { ...evolve(work.account, fact), version: version + rules.label };
        return finish(
          state,
          here,
          ...(rules.answers === 'appended' ? [result(work, fact.type, version, position)] : []),
          ...(due
            ? [
                note(`leaves a snapshot of ${name({ stream, version: snapshot.version })}`),
                send(SNAPSHOTS, { type: 'Put', account: stream, snapshot } as const, name(m.event)),
              ]
            : []),
        );
      },
      Conflict(state, m, _from, here) {
        const work = open(state, m.ask, 'append');
        if (!work?.draft) return [state];
        if (rules.conflict === 'insist') {
          const insist = append(state, work, work.draft, m.current, here);
          return [
            insist[0],
            note('is refused and tries the same at the new version'),
            ...insist.slice(1),
          ] as unknown as To;
        }
        return again(state, work, here, `is refused: reloads ${work.order.account} and decides again`);
      },
      Result: (state) => [state],
      Busy: (state) => [state],
      Get: (state) => [state],
      Put: (state) => [state],
      Read: (state) => [state],
      Append: (state) => [state],
    },
    after: {
      think: (state, here) => (state.work?.phase === 'decide' ? decided(state, here) : [state]),
      wait(state, here) {
        const { work } = state;
        if (!work || work.phase === 'decide') return [state];
        if (work.phase === 'cache')
          return load(state, work, here, note('hears nothing from the cache and reads the whole stream'));
        const why =
          work.phase === 'append'
            ? 'does not know whether it was stored: reads again to find out'
            : 'has no answer and reads again';
        return again(state, work, here, why);
      },
    },
  };
}
