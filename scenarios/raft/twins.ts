import type { Twin } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';
import { raft } from './protocol.ts';
import { type Rules, rules } from './rules.ts';

/** Raft with one rule removed. Each is a mistake that somebody has shipped. */
const broken = (changes: Partial<Rules>) => ({ server: raft({ ...rules, ...changes }) });

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'votes-twice': {
    what: 'a server votes for everyone who asks',
    breaks: 'one leader per term',
    parts: broken({ mayVote: () => true }),
    preset: 'split-vote',
  },
};
