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
  type Step,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { keyOf, OBJECTS, partMib, type UploadMessage, whole } from './multipart.ts';
import { type P, partsOf } from './params.ts';

/** Uploads one object: several parts at once, each again until it is stored, then the list of them. */
export interface UploaderState {
  readonly kind: 'uploader';
  readonly op: number | null;
  readonly upload: number | null;
  /** parts sent at least once: 1 to this */
  readonly sent: number;
  readonly stored: readonly number[];
  readonly again: number;
  readonly phase: 'idle' | 'uploading' | 'completing' | 'done' | 'gone';
}

type Timer = 'begin' | 'create' | 'part' | 'complete';
type Effects = Effect<UploadMessage, Timer>[];
type UploaderStep = Step<UploaderState, UploadMessage, Timer>;
type Hand = Here<P>;

const NONE: UploaderState = {
  kind: 'uploader',
  op: null,
  upload: null,
  sent: 0,
  stored: [],
  again: 0,
  phase: 'idle',
};

export const VAULT_ID = 'bucket';
const etag = (n: number) => `etag${n}`;

/** How long an unanswered part or request is waited for, µs. */
const silence = (here: Hand) =>
  Math.round((4e6 * here.params.partSize) / Math.max(1, here.params.speed.mean)) + 500_000;

export const uploader: Protocol<UploaderState, UploadMessage, Timer, P> = (() => {
  const bar = (s: UploaderState, here: Hand) =>
    s.phase === 'uploading' || s.phase === 'completing'
      ? become(s.phase, `${s.stored.length} of ${partsOf(here.params)} parts`)
      : become(s.phase);
  const part = (s: UploaderState, n: number, here: Hand): Effects => [
    send<UploadMessage>(
      VAULT_ID,
      { type: 'Part', upload: s.upload!, n, mib: partMib(here.params, n), etag: etag(n) },
      `#${n}`,
    ),
    later('part', silence(here), { upload: s.upload, n }),
  ];
  const ask = (s: UploaderState, here: Hand): UploaderStep => {
    const next: UploaderState = { ...s, phase: 'completing' };
    const parts = Array.from({ length: partsOf(here.params) }, (_, i) => ({ n: i + 1, etag: etag(i + 1) }));
    return [
      next,
      bar(next, here),
      send<UploadMessage>(VAULT_ID, { type: 'Complete', upload: s.upload!, parts }, `${parts.length} parts`),
      set('complete', silence(here)),
    ];
  };
  /** as many parts on their way as may be; then the list */
  const goOn = (s: UploaderState, here: Hand): UploaderStep => {
    const all = partsOf(here.params);
    let { sent } = s;
    const effects: Effects = [];
    while (sent < all && sent - s.stored.length < here.params.parallel)
      effects.push(...part(s, ++sent, here));
    const next = { ...s, sent };
    const ready = here.params.eager ? sent === all : s.stored.length === all;
    if (s.phase === 'uploading' && ready) {
      const [asking, ...more] = ask(next, here);
      return [asking, ...effects, ...more];
    }
    return [next, bar(next, here), ...effects];
  };
  const create = (here: Hand): Effects => [
    send<UploadMessage>(VAULT_ID, { type: 'Create', key: keyOf(here.self) }, 'create'),
    set('create', silence(here)),
  ];

  return {
    // One that has crashed remembers neither its upload nor what it had sent: the parts stay behind.
    start: (here) =>
      here.uptime > 0
        ? [{ ...NONE, phase: 'gone' }, become('gone')]
        : [NONE, become('idle'), set('begin', here.draw(here.params.think))],
    on: {
      Created(s, m, _from, here) {
        if (s.upload !== null || s.op === null) return [s];
        const [next, ...effects] = goOn({ ...s, upload: m.upload, phase: 'uploading' }, here);
        return [next, cancel('create'), ...effects];
      },
      PartDone(s, m, _from, here) {
        if (s.upload !== m.upload || s.stored.includes(m.n)) return [s];
        const stored = { ...s, stored: [...s.stored, m.n] };
        // What was refused for want of this part is asked again once all are there.
        const missing =
          s.phase === 'completing' && s.again > 0 && stored.stored.length === partsOf(here.params);
        return missing ? ask(stored, here) : goOn(stored, here);
      },
      PartFailed(s, m, _from, here) {
        if (s.upload !== m.upload || s.stored.includes(m.n)) return [s];
        return [s, note(`sends part #${m.n} of ${keyOf(here.self)} again`), ...part(s, m.n, here)];
      },
      Completed(s, m, _from, here) {
        if (s.upload !== m.upload || s.op === null) return [s];
        const next: UploaderState = { ...s, phase: 'done' };
        return [{ ...next, op: null }, bar(next, here), returned(s.op, 'ok'), cancel('complete')];
      },
      Invalid(s, m, _from, here) {
        if (s.upload !== m.upload || s.phase !== 'completing') return [s];
        const again = { ...s, again: s.again + 1 };
        // Parts still on their way bring their answer themselves; then it asks again.
        return again.stored.length === partsOf(here.params) ? ask(again, here) : [again, cancel('complete')];
      },
      NoUpload(s, m) {
        if (s.upload !== m.upload || s.op === null) return [s];
        return [
          { ...s, phase: 'gone', op: null },
          become('gone'),
          note('is told that there is no such upload any more'),
          returned(s.op, 'fail'),
          cancel('complete'),
        ];
      },
      Create: (s) => [s],
      Part: (s) => [s],
      Complete: (s) => [s],
      Get: (s) => [s],
      Found: (s) => [s],
    },
    after: {
      begin(s, here) {
        const op = here.unique();
        return [{ ...s, op }, invoke(op, 'upload', keyOf(here.self), whole(here.params)), ...create(here)];
      },
      create: (s, here) => (s.upload === null ? [s, ...create(here)] : [s]),
      part(s, here, data) {
        const { upload, n } = data as { upload: number; n: number };
        const open = s.upload === upload && s.op !== null && !s.stored.includes(n);
        return open ? [s, ...part(s, n, here)] : [s];
      },
      complete: (s, here) => (s.phase === 'completing' && s.op !== null ? ask(s, here) : [s]),
    },
  };
})();

/** Asks for the first uploader's object from time to time. */
export const viewer: Protocol<{ readonly op: number | null }, UploadMessage, 'think' | 'silence', P> = {
  start: (here) => [{ op: null }, set('think', here.draw(here.params.think))],
  on: {
    Found: (s, m, _from, here) =>
      s.op === m.serial
        ? [
            { op: null },
            returned(m.serial, 'ok', m.value),
            cancel('silence'),
            set('think', here.draw(here.params.think)),
          ]
        : [s],
    Create: (s) => [s],
    Created: (s) => [s],
    Part: (s) => [s],
    PartDone: (s) => [s],
    PartFailed: (s) => [s],
    Complete: (s) => [s],
    Completed: (s) => [s],
    Invalid: (s) => [s],
    NoUpload: (s) => [s],
    Get: (s) => [s],
  },
  after: {
    think(s, here) {
      if (here.uptime > (here.params.duration - here.params.settle) * 1000) return [s];
      const op = here.unique();
      const key = OBJECTS[0]!;
      return [
        { op },
        invoke(op, 'get', key),
        send<UploadMessage>(VAULT_ID, { type: 'Get', serial: op, key }),
        set('silence', here.params.patience * 1000),
      ];
    },
    silence: (s, here) =>
      s.op === null
        ? [s]
        : [{ op: null }, returned(s.op, 'fail'), set('think', here.draw(here.params.think))],
  },
};
