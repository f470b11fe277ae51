import { stream as dice } from '../../src/sim/chance.ts';
import { Ends, Histogram } from '../../src/sim/load.ts';
import {
  become,
  type Effect,
  note,
  type Protocol,
  type Step,
  sample,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { LoadMessage } from './load-stream.ts';
import { detailed, type P, slows } from './params.ts';
import { sliceUs } from './store.ts';

/** The rules a broken twin breaks. */
export interface ProducerRules {
  /** a call that came back is looked at record by record */
  readonly readsFailures: boolean;
}
export const PRODUCERS: ProducerRules = { readsFailures: true };

/** An unanswered call is made again after this long, µs: its records may then be stored twice. */
const TIMEOUT = 6_000_000;

/** All producers together: records buffered into PutRecords calls, and refused ones sent again after a wait. */
export class Producers {
  offered = 0;
  acknowledged = 0;
  givenUp = 0;
  resent = 0;
  /** since the last slice */
  came = 0;
  waiting = 0;
  sliceEnds: number;
  behind = false;
  readonly latency = new Histogram();
  readonly calls = new Map<number, { readonly ids: readonly number[]; readonly at: number }>();
  readonly retries = new Ends();
  readonly #p: P;
  readonly #keys: number[] = [];
  readonly #sizes: number[] = [];
  readonly #nths: number[] = [];
  readonly #born: number[] = [];
  readonly #tries: number[] = [];
  readonly #ofKey: Int32Array;
  readonly #gap: () => number | undefined;
  readonly #key: () => number;
  readonly #size: () => number;
  readonly #jitter: () => number;
  #next: number;
  #serial = 0;

  constructor(p: P, seed: number) {
    this.#p = p;
    this.#ofKey = new Int32Array(p.keys);
    this.sliceEnds = sliceUs(p);
    // A stream of its own for each purpose: two policies meet the same records.
    this.#gap = p.arrivals.start(dice(seed, 'arrivals'));
    const [keys, sizes] = [dice(seed, 'keys'), dice(seed, 'sizes')];
    const pick = p.skew.start(p.keys);
    this.#key = () => pick(keys);
    this.#size = () => Math.max(1, Math.min(p.maxRecordSize, Math.round(p.recordSize.sample(sizes))));
    this.#jitter = dice(seed, 'jitter');
    this.#next = this.#gap() ?? Number.POSITIVE_INFINITY;
  }

  /** ids of the records to send now: refused ones whose wait is over, then new ones */
  due(now: number): number[] {
    const ids: number[] = [];
    for (const [serial, call] of this.calls)
      if (call.at + TIMEOUT <= now) {
        this.calls.delete(serial);
        this.resent += call.ids.length;
        ids.push(...call.ids);
      }
    while (this.retries.next <= now) {
      ids.push(this.retries.top);
      this.retries.pop();
      this.waiting--;
    }
    while (this.#next <= now) {
      const key = this.#key();
      ids.push(this.#keys.length);
      this.#keys.push(key);
      this.#sizes.push(this.#size());
      this.#nths.push(++this.#ofKey[key]!);
      this.#born.push(this.#next);
      this.#tries.push(0);
      this.offered++;
      this.came++;
      this.#next += this.#gap() ?? Number.POSITIVE_INFINITY;
    }
    return ids;
  }

  call(ids: readonly number[], now: number): Extract<LoadMessage, { type: 'PutRecords' }> {
    const serial = ++this.#serial;
    this.calls.set(serial, { ids, at: now });
    return {
      type: 'PutRecords',
      serial,
      keys: ids.map((id) => this.#keys[id]!),
      sizes: ids.map((id) => this.#sizes[id]!),
      nths: ids.map((id) => this.#nths[id]!),
    };
  }

  answered(serial: number, failed: readonly number[], now: number): void {
    const call = this.calls.get(serial);
    if (!call) return;
    this.calls.delete(serial);
    let f = 0;
    call.ids.forEach((id, i) => {
      if (failed[f] !== i) {
        this.acknowledged++;
        this.latency.add(now - this.#born[id]!);
        return;
      }
      f++;
      const tries = ++this.#tries[id]!;
      const { base, cap, recordTtl } = this.#p;
      const wait = this.#jitter() * Math.min(cap, base * 2 ** Math.min(30, tries - 1)) * 1000;
      if (now + wait - this.#born[id]! > recordTtl * 1000) this.givenUp++;
      else {
        this.retries.push(now + wait, id);
        this.waiting++;
      }
    });
  }
}

export interface ProducersState {
  readonly producers: Producers;
}

type ProducersStep = Step<ProducersState, LoadMessage, 'flush'>;

export function producers(rules: ProducerRules): Protocol<ProducersState, LoadMessage, 'flush', P> {
  const answered = (
    state: ProducersState,
    serial: number,
    failed: readonly number[],
    now: number,
  ): ProducersStep => {
    state.producers.answered(serial, rules.readsFailures ? failed : [], now);
    return [state];
  };
  return {
    start(here, disk): ProducersStep {
      const state = (disk as ProducersState | undefined) ?? {
        producers: new Producers(here.params, here.between(0, 2 ** 31 - 1)),
      };
      return [
        state,
        save(state),
        become('sending'),
        set('flush', Math.round(here.params.recordMaxBufferedTime * 1000)),
      ];
    },
    on: {
      PutRecordsResult: (state, m, _from, here) => answered(state, m.serial, [], here.uptime),
      PartialFailure: (state, m, _from, here) => answered(state, m.serial, m.failed, here.uptime),
      PutRecords: (state) => [state],
      GetRecords: (state) => [state],
      Records: (state) => [state],
      Exceeded: (state) => [state],
      Subscribe: (state) => [state],
      Push: (state) => [state],
    },
    after: {
      flush(state, here): ProducersStep {
        const { producers } = state;
        const p = here.params;
        const now = here.uptime;
        const ids = producers.due(now);
        const effects: Effect<LoadMessage, 'flush'>[] = [];
        for (let i = 0; i < ids.length; i += p.recordsPerPut) {
          const some = ids.slice(i, i + p.recordsPerPut);
          effects.push(
            send(
              'stream',
              producers.call(some, now),
              some.length === 1 ? `r${some[0]! + 1}` : `${some.length}`,
            ),
          );
        }
        if (!detailed(p) && now >= producers.sliceEnds) effects.push(...report(producers, p));
        return [state, ...effects, set('flush', Math.round(p.recordMaxBufferedTime * 1000))];
      },
    },
  };
}

function report(producers: Producers, p: P): Effect<never, never>[] {
  const { came, waiting } = producers;
  const slice = sliceUs(p);
  producers.came = 0;
  producers.sliceEnds += slice;
  const behind = waiting > (producers.behind ? p.recordsPerSecond / 4 : p.recordsPerSecond);
  const told =
    behind && !producers.behind
      ? [note(`hold ${waiting} refused records back to send them again`)]
      : !behind && producers.behind
        ? [note('have sent almost all they held back')]
        : [];
  producers.behind = behind;
  return [
    ...told,
    sample('offered', Math.round((came / (slice / 1e6)) * 100) / 100),
    // With one shard the queue is the story, with several which of them refuses.
    ...(p.shards === 1 && p.reshard === 'none' && !slows(p) ? [sample('held back', waiting)] : []),
  ];
}
