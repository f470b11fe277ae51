import { invoke, note, type Protocol, returned, send, sendAll, set } from '../../src/sim/protocol.ts';
import { sign } from './authentic.ts';
import type { P } from './params.ts';
import type { Rules } from './rules.ts';
import { type Hand, type Msg, type Order, orderText, primaryOf, type Reply, type Timer } from './state.ts';

/** A client asks the primary, then everybody, and believes f + 1 replicas that say the same (§4.1). */
export interface ClientState {
  readonly is: 'client';
  /** the view it last heard of */
  readonly view: number;
  readonly busy: Busy | null;
  /** replicas caught saying what the others do not */
  readonly doubted: readonly string[];
}

interface Busy {
  readonly order: Order;
  readonly replies: Readonly<Record<string, Reply>>;
}

export function client(rules: Rules): Protocol<ClientState, Msg, Timer, P> {
  const ignore = (s: ClientState) => [s] as const;
  const pause = (here: Hand) => set('pause' as const, here.draw(here.params.think));
  const retry = (here: Hand) => set('retry' as const, Math.round(here.params.retry * 1000));
  return {
    start: (here) => [{ is: 'client', view: 0, busy: null, doubted: [] }, pause(here)],
    on: {
      Reply(s, m, from, here) {
        if (m.serial !== s.busy?.order.serial || s.busy.replies[from]) return [s];
        const replies = { ...s.busy.replies, [from]: m };
        const alike = Object.values(replies).filter((r) => r.value === m.value);
        if (alike.length < rules.replies(here.params)) return [{ ...s, busy: { ...s.busy, replies } }];
        // The lowest view among those that agree: one of them is honest.
        const view = Math.max(s.view, Math.min(...alike.map((r) => r.view)));
        const odd = Object.keys(replies).filter(
          (id) => replies[id]!.value !== m.value && !s.doubted.includes(id),
        );
        return [
          { ...s, view, busy: null, doubted: [...s.doubted, ...odd] },
          returned(m.serial, 'ok', m.value),
          ...odd.map((id) =>
            note(`does not believe ${id}, which says otherwise than ${alike.length} others`),
          ),
          pause(here),
        ];
      },
      Request: ignore,
      PrePrepare: ignore,
      Prepare: ignore,
      Commit: ignore,
      ViewChange: ignore,
      NewView: ignore,
      Checkpoint: ignore,
      Fetch: ignore,
      State: ignore,
    },
    after: {
      pause(s, here) {
        const serial = here.unique();
        const write = here.random() < here.params.writes;
        const ask = {
          client: here.self,
          serial,
          f: write ? 'put' : 'get',
          key: 'x',
          value: write ? serial : null,
        };
        const order: Order = { ...ask, signature: sign(here.self, orderText(ask)) };
        return [
          { ...s, busy: { order, replies: {} } },
          invoke(serial, ask.f, ask.key, ask.value),
          send(primaryOf(s.view, here), { type: 'Request', ...order } as const, ask.f),
          retry(here),
        ];
      },
      retry(s, here) {
        if (!s.busy) return [s];
        const message = { type: 'Request', ...s.busy.order } as const;
        return [s, ...sendAll(here.part('replica'), message, s.busy.order.f), retry(here)];
      },
      suspect: ignore,
      resend: ignore,
    },
  };
}
