import type { Twin } from '../../src/sim/scenario.ts';
import { type ClientRules, clientRules, coordinator, oldest } from './coordinator.ts';
import type { params } from './params.ts';
import { type ReplicaRules, replica, replicaRules } from './replica.ts';

const client = (changes: Partial<ClientRules>) => ({ client: coordinator({ ...clientRules, ...changes }) });
const nodes = (changes: Partial<ReplicaRules>) => {
  const broken = replica({ ...replicaRules, ...changes });
  return { replica: broken, standin: broken };
};

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  hasty: {
    what: 'the coordinator acknowledges a write one answer too early',
    breaks: 'w copies before the ack',
    parts: client({ acks: (p) => p.w - 1 }),
    preset: 'r2w2',
  },
  'oldest-answer': {
    what: 'a read returns the oldest of the r answers',
    breaks: 'fresh reads',
    parts: client({ pick: oldest }),
    preset: 'r2w2',
  },
  'first-answer': {
    what: 'a read returns the first of the r answers without comparing stamps',
    breaks: 'fresh reads',
    parts: client({ pick: (replies) => replies[0]! }),
    preset: 'r2w2',
  },
  'last-to-arrive': {
    what: 'a replica keeps whatever arrives last, older or not',
    breaks: 'a replica never goes back',
    parts: nodes({ compares: false }),
    preset: 'r2w2',
    set: { writes: 3, writeEvery: 5 },
  },
  'repairs-with-the-old': {
    what: 'read repair sends the older of the versions',
    breaks: 'converged',
    parts: client({ mend: oldest }),
    preset: 'read-repair',
  },
  'hint-dropped': {
    what: 'a stand-in forgets a hint as soon as it has sent it',
    breaks: 'no acknowledged write lost',
    parts: nodes({ keepsHint: false }),
    preset: 'sloppy',
    set: { handoff: 40 },
  },
  'acks-from-memory': {
    what: 'a replica acknowledges what is not on its disk',
    breaks: 'no acknowledged write lost',
    parts: nodes({ durable: false }),
    preset: 'power-cut',
  },
  'no-write-back': {
    what: 'a read returns at once, though few replicas may have what it saw',
    breaks: 'linearizable',
    parts: client({ writesBack: false }),
    preset: 'write-back',
  },
  'asks-one': {
    what: 'a writer takes its stamp from the first answer instead of from r',
    breaks: 'no acknowledged write lost',
    parts: client({ asks: () => 1 }),
    preset: 'ask-first',
    set: { writes: 6, writeEvery: 5, writeLatency: 'exp:40' },
  },
};
