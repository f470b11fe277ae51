import {
  become,
  cancel,
  type Effect,
  type Here,
  note,
  type Protocol,
  type Step,
  sample,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { plural } from '../../src/sim/words.ts';
import { effect, euros, historyOf, name, type Stored, type Upcaster, upcast } from './domain.ts';
import type { P } from './params.ts';
import { BALANCES, type FeedMessage, type MailMessage, POST, type QueryMessage, STORE } from './protocol.ts';
import { BATCH } from './store.ts';

/**
 * A projection: a view folded from the log, and how far it has come. Delivery is at least once and in any order, so an
 * event is taken in the order of positions and counted once by (stream, version). The checkpoint follows the view, never
 * the other way round.
 */
export interface ProjectionState {
  readonly kept: Kept;
  /** position up to which events were handled since the last start: applied, or known to be */
  readonly handled: number;
  /** what has come and waits, by position */
  readonly inbox: readonly Stored[];
  readonly applying: boolean;
  readonly waiting: readonly Waiting[];
  /** deliveries of what it had already */
  readonly absorbed: number;
  /** where a running replay ends; 0 for none */
  readonly replayTo: number;
}

/** What is on disk, in one image: a crash cannot come between the view and the checkpoint. */
export interface Kept {
  readonly view: Readonly<Record<string, Row>>;
  /** where to go on after a crash; may be behind the view, never ahead of it */
  readonly checkpoint: number;
  /** the highest position ever handled: up to here everything is a repeat or a replay */
  readonly high: number;
  /** receipts to mail, until the provider has confirmed them */
  readonly outbox: readonly string[];
  readonly rebuilt: boolean;
}

export interface Row {
  readonly version: number;
  readonly cents: number;
  readonly declined: number;
  /** when the last event happened, µs */
  readonly at: number;
}

interface Waiting {
  readonly from: string;
  readonly account: string;
  readonly min: number;
  readonly ask: number;
}

/** The rules a broken twin breaks. */
export interface ProjectionRules {
  readonly upcast: Upcaster;
  readonly idempotent: boolean;
  readonly checkpoint: 'after' | 'before';
  readonly clock: 'event' | 'own';
  readonly asksAgain: boolean;
  readonly heedsVersion: boolean;
  /** the second projection: for each event it has not handled before, a receipt goes out */
  readonly mails: boolean;
  readonly quietReplay: boolean;
  /** what names a mail to the provider: its event, or a number drawn for each try */
  readonly keys: 'event' | 'fresh';
}
export const PROJECTION_RULES: ProjectionRules = {
  upcast,
  idempotent: true,
  checkpoint: 'after',
  clock: 'event',
  asksAgain: true,
  heedsVersion: true,
  mails: false,
  quietReplay: true,
  keys: 'event',
};

type Message = FeedMessage | QueryMessage | MailMessage;
type Timer = 'apply' | 'ask' | 'rebuild';
type Out = Effect<Message, Timer>;
type To = Step<ProjectionState, Message, Timer>;

const NO_ROW: Row = { version: 0, cents: 0, declined: 0, at: 0 };

export function projection(rules: ProjectionRules): Protocol<ProjectionState, Message, Timer, P> {
  const folded = (view: Kept['view'], e: Stored, here: Here<P>): Kept['view'] => {
    const fact = rules.upcast(e);
    if (!fact) return view;
    const row = view[e.stream] ?? NO_ROW;
    const next: Row = {
      version: fact.version,
      cents: row.cents + effect(fact),
      declined: row.declined + (fact.type === 'Declined' ? 1 : 0),
      at: rules.clock === 'event' ? fact.at : here.clock,
    };
    return { ...view, [e.stream]: next };
  };

  /** The last position that has come without a hole before it. */
  const cursor = (state: ProjectionState): number => {
    let at = state.handled;
    for (const e of state.inbox) if (e.position === at + 1) at++;
    return at;
  };

  const posture = (state: ProjectionState): Out => {
    const { handled, inbox, replayTo, kept } = state;
    if (handled < replayTo) return become('replays', `${handled} of ${replayTo}`);
    const to = inbox.at(-1)?.position ?? handled;
    if (to > handled) return become('behind', `${handled} of ${to}`);
    const a = kept.view.A ?? NO_ROW;
    return become('current', `A ${euros(a.cents)}`);
  };

  const figure = (kept: Kept, here: Here<P>): Out[] =>
    here.self === BALANCES ? [sample('read model', (kept.view.A ?? NO_ROW).cents / 100)] : [];

  const retold = (count: number, kept: Kept): string =>
    rules.mails && rules.quietReplay
      ? `has replayed ${plural(count, 'event')} and mailed nothing`
      : `has replayed ${plural(count, 'event')}: A ${euros((kept.view.A ?? NO_ROW).cents)}`;

  const mail = (about: string, here: Here<P>): Out => {
    const key = rules.keys === 'event' ? about : `${about}#${here.unique()}`;
    return send(POST, { type: 'Mail', about, key }, about);
  };

  const row = (q: Waiting, r: Row): Out =>
    send(
      q.from,
      { type: 'View', account: q.account, cents: r.cents, version: r.version, ask: q.ask },
      `${euros(r.cents)} @${r.version}`,
    );

  const ready = (q: Waiting, kept: Kept): boolean =>
    !rules.heedsVersion || (kept.view[q.account] ?? NO_ROW).version >= q.min;

  const next = (state: ProjectionState): Stored | undefined =>
    state.inbox[0]?.position === state.handled + 1 ? state.inbox[0] : undefined;

  /** One event taken in, and what is said of it once it is on the disk. */
  const taken = (was: ProjectionState, e: Stored, here: Here<P>): readonly [ProjectionState, ...Out[]] => {
    const again = e.version <= (was.kept.view[e.stream] ?? NO_ROW).version;
    const skip = again && rules.idempotent;
    const handled = e.position;
    const due = handled - was.kept.checkpoint >= here.params.checkpointEvery;
    const receipt = rules.mails && !skip && (handled > was.kept.high || !rules.quietReplay);
    const { view, outbox } = was.kept;
    const kept: Kept = {
      ...was.kept,
      view: skip ? view : folded(view, e, here),
      checkpoint: rules.checkpoint === 'after' && due ? handled : was.kept.checkpoint,
      high: Math.max(was.kept.high, handled),
      outbox: receipt && !outbox.includes(name(e)) ? [...outbox, name(e)] : outbox,
    };
    const state: ProjectionState = {
      ...was,
      kept,
      handled,
      inbox: was.inbox.slice(1),
      applying: false,
      waiting: was.waiting.filter((q) => !ready(q, kept)),
      absorbed: was.absorbed + (skip ? 1 : 0),
      replayTo: handled >= was.replayTo ? 0 : was.replayTo,
    };
    return [
      state,
      ...(again
        ? [note(skip ? `gets ${name(e)} again and changes nothing` : `counts ${name(e)} again`)]
        : []),
      ...(was.replayTo > 0 && state.replayTo === 0 ? [note(retold(was.replayTo, kept))] : []),
      posture(state),
      ...figure(kept, here),
      ...(receipt ? [mail(name(e), here)] : []),
      ...was.waiting.filter((q) => ready(q, kept)).map((q) => row(q, kept.view[q.account] ?? NO_ROW)),
    ];
  };

  /** Takes in the next event now, and those after it that take no time: one write for all, so that none is undone by an older image. */
  const applied = (was: ProjectionState, here: Here<P>): To => {
    let state: ProjectionState = { ...was, applying: false };
    const said: Out[] = [];
    for (let e = next(state), us = 0; e; e = next(state)) {
      if (us > 0) return [{ ...state, applying: true }, save(state.kept), ...said, set('apply', us)];
      const [then, ...more] = taken(state, e, here);
      state = then;
      said.push(...more);
      if (next(state)) us = here.draw(here.params.apply);
    }
    return said.length > 0 ? [state, save(state.kept), ...said] : [state];
  };

  /** Takes up the next event, if it is there: now, or after the time it takes. */
  const proceed = (state: ProjectionState, here: Here<P>): To => {
    if (state.applying || !next(state)) return [state];
    const us = here.draw(here.params.apply);
    return us > 0 ? [{ ...state, applying: true }, set('apply', us)] : applied(state, here);
  };

  const subscribe = (after: number): Out =>
    send(STORE, { type: 'Subscribe', after }, after === 0 ? 'from the start' : `after ${after}`);
  const askAgain = (here: Here<P>): Out => set('ask', Math.round(here.params.ask * 1000));

  return {
    start(here, disk) {
      const first = (): Kept => {
        const past = historyOf(here.params);
        const seen = past.reduce<Kept['view']>((rows, e) => folded(rows, e, here), {});
        return { view: seen, checkpoint: past.length, high: past.length, outbox: [], rebuilt: false };
      };
      const kept = (disk as Kept | undefined) ?? first();
      const state: ProjectionState = {
        kept,
        handled: kept.checkpoint,
        inbox: [],
        applying: false,
        waiting: [],
        absorbed: 0,
        replayTo: 0,
      };
      const { rebuildAt } = here.params;
      return [
        state,
        save(kept),
        posture(state),
        ...figure(kept, here),
        ...(disk === undefined ? [] : [note(`takes up from its checkpoint, position ${kept.checkpoint}`)]),
        subscribe(kept.checkpoint),
        ...kept.outbox.map((about) => mail(about, here)),
        askAgain(here),
        ...(rebuildAt > 0 && !kept.rebuilt
          ? [set<Timer>('rebuild', Math.max(0, Math.round(rebuildAt * 1000) - here.uptime))]
          : []),
      ];
    },
    on: {
      Events(state, m, _from, here) {
        const fresh = m.events.filter(
          (e) => e.position > state.handled && !state.inbox.some((x) => x.position === e.position),
        );
        const more = m.events.length === BATCH;
        if (fresh.length === 0)
          return [
            { ...state, absorbed: state.absorbed + m.events.length },
            ...(more ? [subscribe(cursor(state))] : []),
          ];
        const inbox = [...state.inbox, ...fresh].sort((a, b) => a.position - b.position);
        const full: ProjectionState = {
          ...state,
          inbox,
          absorbed: state.absorbed + m.events.length - fresh.length,
        };
        const early: ProjectionState =
          rules.checkpoint === 'before'
            ? { ...full, kept: { ...full.kept, checkpoint: cursor(full) } }
            : full;
        const [next, ...effects] = proceed(early, here);
        return [
          next,
          ...(early === full ? [] : [save(early.kept)]),
          posture(next),
          ...effects,
          ...(more ? [subscribe(cursor(next))] : []),
        ];
      },
      Query(state, m, from) {
        const q: Waiting = { from, account: m.account, min: m.min, ask: m.ask };
        if (ready(q, state.kept)) return [state, row(q, state.kept.view[m.account] ?? NO_ROW)];
        if (state.waiting.some((w) => w.from === from && w.ask === m.ask)) return [state];
        return [
          { ...state, waiting: [...state.waiting, q] },
          note(`makes ${from} wait for ${name({ stream: m.account, version: m.min })}`),
        ];
      },
      Mailed(state, m) {
        if (!state.kept.outbox.includes(m.about)) return [state];
        const kept = { ...state.kept, outbox: state.kept.outbox.filter((about) => about !== m.about) };
        return [{ ...state, kept }, save(kept)];
      },
      Subscribe: (state) => [state],
      View: (state) => [state],
      Mail: (state) => [state],
    },
    after: {
      apply: applied,
      ask: (state, here) => [
        state,
        ...(rules.asksAgain ? [subscribe(cursor(state)), askAgain(here)] : []),
        // A receipt that is not on the disk yet must not go out: after a crash it would be ordered anew.
        ...(rules.asksAgain && state.kept.outbox.length > 0
          ? [save(state.kept), ...state.kept.outbox.map((about) => mail(about, here))]
          : []),
      ],
      rebuild(state, here) {
        const kept: Kept = { ...state.kept, view: {}, checkpoint: 0, rebuilt: true };
        const next: ProjectionState = {
          ...state,
          kept,
          handled: 0,
          inbox: [],
          applying: false,
          replayTo: kept.high,
        };
        return [
          next,
          // Before the write: while it lasts, the first of the replay may have come and be at work.
          cancel('apply'),
          save(kept),
          note('drops its view and replays from the first event'),
          posture(next),
          ...figure(kept, here),
          subscribe(0),
        ];
      },
    },
  };
}
