import type { Twin } from '../../src/sim/scenario.ts';
import { type EventualRules, eventual, eventualRules } from './eventual.ts';
import type { params } from './params.ts';
import { type QuorumRules, quorum, quorumRules } from './quorum.ts';

const cp = (changes: Partial<QuorumRules>) => ({ quorum: quorum({ ...quorumRules, ...changes }) });
const ap = (changes: Partial<EventualRules>) => ({ eventual: eventual({ ...eventualRules, ...changes }) });

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'minority-reads': {
    what: 'a replica serves reads from what it has, majority or not',
    breaks: 'linearizable',
    parts: cp({ asksForReads: false }),
    preset: 'cp-partition',
  },
  'half-is-enough': {
    what: 'half of the replicas counts as a majority',
    breaks: 'linearizable',
    parts: cp({ majority: (nodes) => Math.max(1, Math.floor(nodes / 2)) }),
    preset: 'cp-partition',
  },
  'no-write-back': {
    what: 'a read is answered at once, though the value it saw may be on one replica only',
    breaks: 'linearizable',
    parts: cp({ writesBack: false }),
    preset: 'cp-partition',
    set: {
      latency: 'mix:0.6*fixed:3+0.4*fixed:60',
      quorumTimeout: 140,
      clients: 5,
      think: 'uniform:1:10',
      duration: 1500,
    },
  },
  'asks-a-majority': {
    what: 'a replica that calls itself available refuses where it cannot ask others',
    breaks: 'available',
    parts: ap({ answersAlone: false }),
    preset: 'ap-partition',
  },
  'last-to-arrive-wins': {
    what: 'of two versions the one that arrives later replaces the other',
    breaks: 'no acknowledged write lost',
    parts: ap({ resolve: (copies, _merge, fresh) => (fresh.length > 0 ? fresh : copies) }),
    preset: 'heal-and-merge',
  },
  'tells-once': {
    what: 'a write is sent to the others once, and never again',
    breaks: 'converged',
    parts: ap({ repeats: false }),
    preset: 'heal-and-merge',
  },
  'drops-siblings': {
    what: 'a replica that promised to keep both versions keeps one',
    breaks: 'no acknowledged write lost',
    parts: ap({ resolve: (copies) => copies.slice(0, 1) }),
    preset: 'heal-and-merge',
  },
};
