import type { Twin } from '../../src/sim/scenario.ts';
import { type MailedRules, mailed, mailedRules } from './mailed.ts';
import { type MajorityRules, majority, majorityRules } from './majority.ts';
import { type OrderedRules, ordered, orderedRules } from './ordered.ts';
import type { params } from './params.ts';

const asking = (changes: Partial<MajorityRules>) => ({
  majority: majority({ ...majorityRules, ...changes }),
});
const ordering = (changes: Partial<OrderedRules>) => ({ ordered: ordered({ ...orderedRules, ...changes }) });
const mailing = (changes: Partial<MailedRules>) => ({ mailed: mailed({ ...mailedRules, ...changes }) });

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'one-is-enough': {
    what: 'a replica takes itself for a majority',
    breaks: 'linearizable',
    parts: asking({ enough: () => 1 }),
    preset: 'linearizable',
  },
  'no-write-back': {
    what: 'a get returns what it met, though perhaps one replica alone has it',
    breaks: 'linearizable',
    parts: asking({ writesBack: false }),
    preset: 'linearizable',
    set: { latency: 'mix:0.6*fixed:3+0.4*fixed:60', think: 'uniform:1:10', operations: 12, patience: 400 },
  },
  'answers-before-the-order': {
    what: 'a put is answered before it has its place in the order',
    breaks: 'sequential',
    parts: ordering({ waitsForOrder: false }),
    preset: 'sequential',
    set: { think: 'uniform:1:10', operations: 8 },
  },
  'order-without-sessions': {
    what: 'a get is answered by a replica that is behind what its client has seen',
    breaks: 'sequential',
    parts: ordering({ waitsForSession: false }),
    preset: 'sequential',
    set: { roaming: 'all', think: 'uniform:1:10', operations: 8 },
  },
  'no-causes': {
    what: 'a write is applied as it arrives, whatever it rests on',
    breaks: 'causal',
    parts: mailing({ causes: () => ({}) }),
    preset: 'causal',
  },
  'own-causes-only': {
    what: 'a write states what its replica wrote before it, not what its client had read',
    breaks: 'writes-follow-reads',
    parts: mailing({ causes: (applied, self) => ({ [self]: applied[self] ?? 0 }) }),
    preset: 'causal',
  },
  'writes-out-of-turn': {
    what: 'a write does not wait for the earlier ones of its own replica',
    breaks: 'monotonic writes',
    parts: mailing({
      causes: (applied, self) => Object.fromEntries(Object.entries(applied).filter(([id]) => id !== self)),
    }),
    preset: 'sequential-violated',
    set: { program: 'mixed', keys: 3, operations: 16, think: 'uniform:1:8', lag: 'uniform:0:150', sync: 600 },
  },
  'forgets-own-writes': {
    what: 'a replica answers a get at once, without regard to what the session has written',
    breaks: 'read-your-writes',
    parts: mailing({ heedsSession: false }),
    preset: 'read-your-writes',
  },
  'forgets-what-was-read': {
    what: 'a replica answers a get at once, without regard to what the session has read',
    breaks: 'monotonic reads',
    parts: mailing({ heedsSession: false }),
    preset: 'monotonic-reads',
  },
  'last-to-arrive': {
    what: 'a replica keeps what arrives last instead of the larger stamp',
    breaks: 'converged',
    parts: mailing({ compares: false }),
    preset: 'eventual',
  },
  'tells-once': {
    what: 'a write is mailed once and never again',
    breaks: 'converged',
    parts: mailing({ repeats: false }),
    preset: 'read-your-writes',
  },
};
