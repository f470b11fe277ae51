import {
  become,
  cancel,
  type Here,
  invoke,
  note,
  type Protocol,
  returned,
  type Step,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { deaf } from './client.ts';
import type { P } from './params.ts';
import { type Condition, LOG, NOT_FOUND, type RegionMessage } from './region.ts';

/**
 * Writers that share one object, such as the log of a table's snapshots: read it, add a line, put the whole of it
 * back on condition that it is still what was read. 412: somebody was faster, read again. 409: somebody is writing at
 * this moment, read again. No answer: read again, and look whether one's own line is there.
 */
export interface WriterState {
  readonly kind: 'writer';
  /** updates finished */
  readonly done: number;
  readonly op: number | null;
  readonly line: string;
  /** PUTs of this update */
  readonly tries: number;
  /** an attempt went unanswered */
  readonly doubt: boolean;
  readonly asked: { readonly serial: number; readonly what: 'read' | 'write' } | null;
  readonly refusals: { readonly 412: number; readonly 409: number };
}

/** What a twin may break. */
export interface WriterRules {
  /** after a refusal it works from what it then reads, not from what it had read before */
  readonly rebuilds: boolean;
}
export const WRITER: WriterRules = { rebuilds: true };

/** Tries until a writer gives up. */
const MOST = 12;
const MS = 1000;

type Timer = 'think' | 'silence';
type WriterStep = Step<WriterState, RegionMessage, Timer>;
type Hand = Here<P>;

const frontOf = (here: Hand) => {
  const fronts = here.part('front');
  return fronts[here.between(0, fronts.length - 1)]!;
};

export function writer(
  rules: WriterRules = WRITER,
): Protocol<WriterState & { readonly had?: string }, RegionMessage, Timer, P> {
  type S = WriterState & { readonly had?: string };
  const read = (s: S, here: Hand): WriterStep => {
    const serial = here.unique();
    return [
      { ...s, asked: { serial, what: 'read' } },
      become('reading', s.line),
      send<RegionMessage>(frontOf(here), { type: 'Read', serial, f: 'get', key: LOG }, `get ${LOG}`),
      set('silence', here.params.patience * MS),
    ];
  };
  const write = (s: S, content: string, etag: number, here: Hand): WriterStep => {
    const serial = here.unique();
    const condition: Condition = !here.params.condition ? null : etag === 0 ? 'absent' : etag;
    const header =
      condition === null ? 'no condition' : condition === 'absent' ? 'if none exists' : `if still v${etag}`;
    return [
      { ...s, tries: s.tries + 1, asked: { serial, what: 'write' } },
      become('uploading', s.line),
      send<RegionMessage>(
        frontOf(here),
        { type: 'Write', serial, key: LOG, value: content + s.line, condition },
        `put +${s.line} ${header}`,
      ),
      set('silence', here.params.patience * MS),
    ];
  };
  const over = (s: S, outcome: 'ok' | 'fail' | 'unknown', here: Hand): WriterStep => [
    { ...s, op: null, asked: null, done: s.done + 1, tries: 0, doubt: false },
    returned(s.op!, outcome),
    become('idle', `${s.done + 1} done`),
    cancel('silence'),
    set('think', here.draw(here.params.think)),
  ];
  const begin = (s: S, here: Hand): WriterStep => {
    const op = here.unique();
    const line = `${'abcd'[Number(here.self.slice(1)) - 1]}${s.done + 1};`;
    const [next, ...effects] = read({ ...s, op, line }, here);
    return [next, invoke(op, 'append', LOG, line), ...effects];
  };

  return {
    start(here) {
      const s: S = {
        kind: 'writer',
        done: 0,
        op: null,
        line: '',
        tries: 0,
        doubt: false,
        asked: null,
        refusals: { 412: 0, 409: 0 },
      };
      // A writer that has crashed does not go on: what it had under way stays open for ever.
      if (here.uptime > 0) return [s, become('idle')];
      return [s, become('idle'), set('think', here.draw(here.params.think))];
    },
    on: {
      Reply(s, m, _from, here) {
        if (s.asked?.serial !== m.serial || s.op === null) return [s];
        if (s.asked.what === 'write') return over(s, 'ok', here);
        const read = m.value === NOT_FOUND ? '' : String(m.value);
        if (s.doubt && read.includes(s.line)) {
          const [next, ...effects] = over(s, 'ok', here);
          return [
            next,
            note(`finds its own ${s.line} there: the put that was not answered had taken effect`),
            ...effects,
          ];
        }
        const content = rules.rebuilds ? read : (s.had ?? read);
        return write({ ...s, had: content }, content, m.etag, here);
      },
      Refused(s, m, _from, here) {
        if (s.asked?.serial !== m.serial || s.op === null) return [s];
        const refusals = { ...s.refusals, [m.status]: s.refusals[m.status] + 1 };
        const next = { ...s, refusals };
        if (s.tries >= MOST) return over(next, s.doubt ? 'unknown' : 'fail', here);
        const [again, ...effects] = read(next, here);
        const why =
          m.status === 412
            ? `gets 412 for ${s.line} the object has changed since it was read`
            : `gets 409 for ${s.line} another write of the object is under way`;
        return [again, note(why.replace(';', ':')), ...effects];
      },
      ...deaf<S, Timer>(),
    },
    after: {
      think(s, here) {
        const late = here.uptime > (here.params.duration - here.params.settle) * MS;
        if (s.done >= here.params.updates || late) return [s];
        return begin({ ...s, had: undefined } as S, here);
      },
      silence(s, here) {
        if (s.op === null || !s.asked) return [s];
        const doubt = s.doubt || s.asked.what === 'write';
        if (s.tries >= MOST) return over(s, doubt ? 'unknown' : 'fail', here);
        return read({ ...s, doubt }, here);
      },
    },
  };
}

/** Reads the object from time to time: what it sees must never lose a line. */
export const reader: Protocol<{ readonly op: number | null }, RegionMessage, Timer, P> = {
  start: (here) => [{ op: null }, set('think', here.draw(here.params.think))],
  on: {
    Reply: (s, m, _from, here) =>
      s.op === m.serial
        ? [
            { op: null },
            returned(m.serial, 'ok', m.value),
            cancel('silence'),
            set('think', here.draw(here.params.think)),
          ]
        : [s],
    Refused: (s) => [s],
    ...deaf<{ readonly op: number | null }, Timer>(),
  },
  after: {
    think(s, here) {
      const op = here.unique();
      const to = frontOf(here);
      // It goes on to the end: the last reading is the one that misses what was lost.
      if (here.uptime > (here.params.duration - here.params.patience) * MS) return [s];
      return [
        { op },
        invoke(op, 'get', LOG),
        send<RegionMessage>(to, { type: 'Read', serial: op, f: 'get', key: LOG }, `get ${LOG}`),
        set('silence', here.params.patience * MS),
      ];
    },
    silence: (s, here) =>
      s.op === null
        ? [s]
        : [{ op: null }, returned(s.op, 'fail'), set('think', here.draw(here.params.think))],
  },
};
