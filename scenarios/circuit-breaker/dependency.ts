import { become, later, note, type Protocol, send, set } from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import type { Msg } from './protocol.ts';

/**
 * The service behind the breaker: so many calls at once, the others queue, and each that is worked on takes its time
 * whether or not its caller still waits. While it is sick it fails, or it is slow, or both.
 */
export interface Dependency {
  readonly sick: boolean;
  readonly busy: number;
  readonly queue: readonly { readonly id: number; readonly from: string }[];
}

export const dependency: Protocol<Dependency, Msg, 'sicken' | 'heal' | 'done', P> = {
  start: (here) => [
    { sick: false, busy: 0, queue: [] },
    become('healthy'),
    ...(here.params.sickUntil > here.params.sickFrom
      ? [set('sicken' as const, here.params.sickFrom * 1000)]
      : []),
  ],
  on: {
    Call: (s, { id }, from, here) =>
      s.busy < here.params.servers
        ? [{ ...s, busy: s.busy + 1 }, work(s, id, from, here)]
        : [{ ...s, queue: [...s.queue, { id, from }] }],
    Answer: (s) => [s],
  },
  after: {
    sicken(s, here) {
      const { flapEvery, sickUntil } = here.params;
      const until = sickUntil * 1000;
      const next = flapEvery > 0 ? Math.min(until, here.uptime + flapEvery * 1000) : until;
      return [{ ...s, sick: true }, become('sick'), note('turns sick'), set('heal', next - here.uptime)];
    },
    heal(s, here) {
      const { flapEvery, sickUntil } = here.params;
      const again = here.uptime + flapEvery * 1000;
      return [
        { ...s, sick: false },
        become('healthy'),
        note('is well again'),
        ...(flapEvery > 0 && again < sickUntil * 1000 ? [set('sicken' as const, flapEvery * 1000)] : []),
      ];
    },
    done(s, here, data) {
      const { id, from, sick } = data as { id: number; from: string; sick: boolean };
      const wrong = here.random() < here.params.clientErrors;
      const failed = here.random() < here.params.sickFailures && sick;
      const [first, ...queue] = s.queue;
      const answer = send<Msg>(
        from,
        { type: 'Answer', id, result: failed ? 'failed' : wrong ? 'wrong' : 'done' },
        failed ? 'error' : undefined,
      );
      return first === undefined
        ? [{ ...s, busy: s.busy - 1 }, answer]
        : [{ ...s, queue }, answer, work(s, first.id, first.from, here)];
    },
  },
};

const work = (s: Dependency, id: number, from: string, here: Parameters<typeof dependency.start>[0]) =>
  later('done', here.draw(s.sick ? here.params.sickService : here.params.service), {
    id,
    from,
    sick: s.sick,
  });
