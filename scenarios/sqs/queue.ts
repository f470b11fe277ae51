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
import { listen, quietFirst } from './fair.ts';
import { ageOfOldest, atTheBack, EMPTY, type QueueState, type Stored } from './held.ts';
import { type Held, ignores, type Msg } from './messages.ts';
import { GROUPS, isFair, type P } from './params.ts';

/** The rules a broken twin breaks. */
export interface QueueRules {
  /** a received message is hidden */
  readonly hides: boolean;
  /** what is hidden comes back */
  readonly reappears: boolean;
  readonly groupsBlock: boolean;
  readonly deduplicates: boolean;
  readonly quietFirst: boolean;
  /** receives are counted over the life of a message, not since it last came back */
  readonly remembersReceives: boolean;
  /** receives allowed beyond maxReceiveCount */
  readonly extraReceives: number;
}

export const QUEUE: QueueRules = {
  hides: true,
  reappears: true,
  groupsBlock: true,
  deduplicates: true,
  quietFirst: true,
  remembersReceives: true,
  extraReceives: 0,
};

/** A standard queue hands out one of this many oldest: its order is the best it can do, not a promise. */
const NEARLY_OLDEST = 2;

type Out = Effect<Msg, 'wake'>;

const hidden = (s: QueueState) => s.messages.filter((m) => m.inFlight).length;
const timeout = (here: Here<P>) => here.uptime + Math.round(here.params.visibility * 1000);
const swap = (s: QueueState, old: Stored, now: Stored): QueueState => ({
  ...s,
  messages: s.messages.map((m) => (m === old ? now : m)),
});

/** The time of a receive counts for its tenant, however it ended; once. */
const ended = (s: QueueState, m: Stored, here: Here<P>): QueueState =>
  isFair(here.params) && m.inFlight
    ? { ...s, worked: [...s.worked, { group: m.body.group, from: m.receivedAt, to: here.uptime }] }
    : s;

export function queue(rules: QueueRules): Protocol<QueueState, Msg, 'wake', P> {
  /** Messages whose timeout has run out come back, or go to the dead-letter queue. */
  const surface = (before: QueueState, here: Here<P>, out: Out[]): QueueState => {
    const now = here.uptime;
    let s: QueueState = { ...before, now };
    if (!rules.reappears || !s.messages.some((m) => m.inFlight && m.hiddenUntil <= now)) return s;
    const messages: Stored[] = [];
    const dead = [...s.dead];
    for (const m of s.messages) {
      if (!m.inFlight || m.hiddenUntil > now) {
        messages.push(m);
        continue;
      }
      const back = { ...m, inFlight: false, receives: rules.remembersReceives ? m.receives : 0 };
      const name = m.body.key;
      s = ended(s, m, here);
      if (!m.missed) s = { ...s, expired: s.expired + 1 };
      if (back.receives >= here.params.maxReceives + rules.extraReceives) {
        dead.push(back);
        out.push(note(`moves ${name} to the dead-letter queue after ${m.receives} receives`));
      } else {
        messages.push(back);
        const why = m.missed ? 'one copy missed the delete' : `${m.holder} did not delete it in time`;
        out.push(note(`shows ${name} again: ${why}`));
      }
    }
    return { ...s, messages, dead };
  };

  const next = (s: QueueState, here: Here<P>): Stored | undefined => {
    const p = here.params;
    if (hidden(s) >= p.inFlightLimit) return undefined;
    const visible = s.messages.filter((m) => !m.inFlight);
    if (p.kind === 'fifo') {
      if (!rules.groupsBlock) return visible[0];
      return visible.find((m) => !s.messages.some((x) => x.id < m.id && x.body.group === m.body.group));
    }
    const front = visible.filter((m) => !atTheBack(m, p));
    const inOrder = [...front, ...visible.filter((m) => atTheBack(m, p))];
    const candidates = isFair(p) && rules.quietFirst ? quietFirst(inOrder, s) : inOrder;
    return candidates.length > 1
      ? candidates[here.between(0, Math.min(NEARLY_OLDEST, candidates.length) - 1)]
      : candidates[0];
  };

  const serve = (state: QueueState, here: Here<P>, out: Out[]): QueueState => {
    let s = state;
    for (const w of state.waiting) {
      const m = next(s, here);
      const waiting = s.waiting.filter((x) => x !== w);
      if (m) {
        const receipt = s.receipts + 1;
        const receives = m.receives + 1;
        const taken: Stored = {
          ...m,
          receives,
          receipt,
          receivedAt: here.uptime,
          hiddenUntil: timeout(here),
          inFlight: rules.hides,
          holder: w.who,
          missed: false,
        };
        s = swap({ ...s, waiting, receipts: receipt }, m, taken);
        out.push(
          send(
            w.who,
            { type: 'Delivery', serial: w.serial, id: m.id, receipt, receives, body: m.body },
            receives > 1 ? `${m.body.key} (receive ${receives})` : m.body.key,
          ),
        );
      } else if (w.until <= here.uptime) {
        s = { ...s, waiting };
        out.push(send(w.who, { type: 'Empty', serial: w.serial }, 'empty'));
      }
    }
    return s;
  };

  /** After whatever happened: what is due comes back, who waits is served, all of it durable before it is told. */
  const settle = (
    before: QueueState,
    state: QueueState,
    here: Here<P>,
    replies: readonly Out[] = [],
  ): Step<QueueState, Msg, 'wake'> => {
    const out: Out[] = [...replies];
    const surfaced = surface(state, here, out);
    const heard = { ...surfaced, ...listen(surfaced, here.uptime, here.params) };
    for (const tenant of heard.noisy)
      if (!state.noisy.includes(tenant)) out.push(note(`finds tenant ${tenant} noisy: others come first`));
    const served = serve(heard, here, out);
    const s = { ...served, backlogged: served.backlogged || hidden(served) < served.messages.length };
    const due = [
      ...(rules.reappears ? s.messages.filter((m) => m.inFlight).map((m) => m.hiddenUntil) : []),
      ...s.waiting.map((w) => w.until),
    ];
    const wake =
      due.length > 0
        ? set<'wake'>('wake', Math.max(1, Math.ceil(Math.min(...due) - here.uptime)))
        : cancel<'wake'>('wake');
    return [s, save(s), ...ages(before, s, here), ...posture(s), ...out, wake];
  };

  const held = (s: QueueState, m: Held, here: Here<P>) =>
    s.messages.find(
      (x) => x.id === m.id && x.receipt === m.receipt && (x.inFlight || here.params.kind === 'standard'),
    );

  return {
    start(here, disk) {
      const state = (disk as QueueState | undefined) ?? EMPTY;
      return settle(state, { ...state, waiting: [] }, here);
    },
    on: {
      Send(state, m, from, here) {
        const { key, group } = m.body;
        const reply = send<Msg>(from, { type: 'Sent', key }, `${key} stored`);
        const seen = state.dedup[key];
        const fifo = here.params.kind === 'fifo';
        const recent = seen !== undefined && here.uptime - seen < here.params.dedupWindow * 1000;
        if (fifo && rules.deduplicates && recent)
          return settle(state, state, here, [note(`has ${key} already and does not store it again`), reply]);
        const stored: Stored = {
          id: state.nextId,
          body: m.body,
          sentAt: here.uptime,
          receives: 0,
          receipt: 0,
          receivedAt: 0,
          hiddenUntil: 0,
          inFlight: false,
          holder: '',
          missed: false,
        };
        const next: QueueState = {
          ...state,
          nextId: state.nextId + 1,
          messages: [...state.messages, stored],
          dedup: fifo ? { ...state.dedup, [key]: here.uptime } : state.dedup,
          sent: isFair(here.params) ? { ...state.sent, [group]: here.uptime } : state.sent,
          stored: { ...state.stored, [key]: (state.stored[key] ?? 0) + 1 },
        };
        return settle(state, next, here, [reply]);
      },
      Receive(state, m, from, here) {
        if ((state.polled[from] ?? 0) >= m.serial) return [state];
        const poll = { who: from, serial: m.serial, until: here.uptime + m.waitUs };
        const waiting = [...state.waiting.filter((w) => w.who !== from), poll];
        return settle(state, { ...state, waiting, polled: { ...state.polled, [from]: m.serial } }, here);
      },
      Extend(state, m, _from, here) {
        const found = held(state, m, here);
        if (!found?.inFlight) return [state];
        return settle(state, swap(state, found, { ...found, hiddenUntil: timeout(here) }), here);
      },
      Delete(state, m, from, here) {
        const found = held(state, m, here);
        const name = state.messages.find((x) => x.id === m.id)?.body.key;
        const done = { type: 'Deleted', id: m.id, receipt: m.receipt } as const;
        if (!found && here.params.kind === 'fifo')
          return settle(state, state, here, [
            ...(name ? [note(`refuses ${from}’s late delete of ${name}`)] : []),
            send<Msg>(from, { ...done, type: 'Expired' }, 'expired'),
          ]);
        // The answer is a success all the same: a standard queue does not tell that the receipt was old.
        if (!found)
          return settle(state, state, here, [
            ...(name ? [note(`ignores ${from}’s delete of ${name}: its receipt is old`)] : []),
            send<Msg>(from, done, 'deleted'),
          ]);
        const misses = here.params.copies > 0 && here.random() < here.params.copies;
        const next = misses
          ? swap(state, found, { ...found, missed: true })
          : { ...ended(state, found, here), messages: state.messages.filter((x) => x !== found) };
        return settle(state, next, here, [send<Msg>(from, done, 'deleted')]);
      },
      ...ignores('Sent', 'Delivery', 'Empty', 'Deleted', 'Expired', 'Write', 'Written'),
    },
    after: { wake: (state, here) => settle(state, state, here) },
  };
}

function posture(s: QueueState) {
  const flying = hidden(s);
  const visible = s.messages.length - flying;
  const dead = s.dead.length;
  const bar =
    visible > 0
      ? become('backlog', `${visible} waiting`)
      : flying > 0
        ? become('in flight', `${flying} hidden`)
        : dead > 0
          ? become('dead letters', s.dead.map((m) => m.body.key).join(' '))
          : become('empty');
  return [
    bar,
    sample('visible', visible),
    sample('in flight', flying),
    ...(dead > 0 ? [sample('dead', dead)] : []),
  ];
}

/** Ages before and after: between two events an age grows on a straight line. */
function ages(before: QueueState, after: QueueState, here: Here<P>) {
  if (!after.backlogged) return [];
  const p = here.params;
  const series: readonly (readonly [string, (group: string) => boolean])[] =
    p.tenants > 0
      ? [
          ['age A', (group) => group === GROUPS[0]],
          ['age others', (group) => group !== GROUPS[0]],
        ]
      : [['age', () => true]];
  return series.flatMap(([name, of]) =>
    [before, after].map((s) => sample(name, ageOfOldest(s, here.uptime, p, of) / 1e6)),
  );
}
