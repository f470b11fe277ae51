import {
  type Culprit,
  causal,
  hear,
  type Judgement,
  type Op,
  type SessionGuarantee,
  sessionGuarantee,
} from '../history.ts';
import type { Monitor } from '../scenario.ts';
import { linearizable } from './linearizable.ts';
import { type ModelName, models } from './models.ts';
import { sequential } from './sequential.ts';

export type Consistency = 'linearizable' | 'sequential' | 'causal' | SessionGuarantee;

/** Judges operations by a model of consistency. Session guarantees and causal order need writes of different values. */
export function judge(ops: readonly Op[], model: ModelName, consistency: Consistency): Judgement {
  const object = models(model);
  switch (consistency) {
    case 'linearizable':
      return linearizable(ops, object);
    case 'sequential':
      return sequential(ops, object);
    case 'causal':
      return causal(ops, object.initial);
    default:
      return sessionGuarantee(consistency, ops, object.initial);
  }
}

/**
 * Collects the operations of a run and judges them when it is over. `keep` says which functions belong to the history.
 * A search that was given up accuses nobody. A history of at most `dated` operations is judged at every read that
 * returns, too: what it had shown by then is judged as a history of its own, and the violation has a time.
 */
export function historyMonitor(
  model: ModelName,
  consistency: Consistency,
  keep?: (f: string) => boolean,
  dated = 0,
): Monitor {
  const ops = new Map<number, Op>();
  const { reads } = models(model);
  let culprit: Culprit | undefined;
  const blame = () => {
    culprit = judge([...ops.values()], model, consistency).culprit;
    return culprit?.detail;
  };
  return {
    listens: ['invoke', 'return'],
    event(event) {
      if (event.kind !== 'invoke' && event.kind !== 'return') return undefined;
      hear(ops, event, keep);
      if (event.kind === 'invoke' || ops.size > dated) return undefined;
      const op = ops.get(event.op);
      if (op?.outcome !== 'ok' || !reads(op)) return undefined;
      return blame();
    },
    end: blame,
    culprit: () => culprit?.ops,
  };
}
