import type { Twin } from '../../src/sim/scenario.ts';
import { client } from './client.ts';
import type { params } from './params.ts';
import { replica } from './protocol.ts';
import { type Rules, rules } from './rules.ts';

/** PBFT with one rule removed. */
const broken = (changes: Partial<Rules>) => ({
  replica: replica({ ...rules, ...changes }),
  client: client({ ...rules, ...changes }),
});

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'small-prepare-quorum': {
    what: 'f matching prepares are enough beside the pre-prepare: quorums of f + 1',
    breaks: 'one certificate a number',
    parts: broken({ prepares: (p) => p.f }),
    preset: 'equivocating-primary',
  },
  'small-quorums': {
    what: 'f + 1 replicas are a quorum in both phases',
    breaks: 'honest replicas agree',
    parts: broken({ prepares: (p) => p.f, commits: (p) => p.f + 1 }),
    preset: 'equivocating-primary',
  },
  'no-commit-phase': {
    what: 'a request is executed as soon as it is prepared',
    breaks: 'honest replicas agree',
    parts: broken({ commitPhase: false }),
    preset: 'view-change',
    set: { loss: 0.3, duration: 2000 },
  },
  'forgets-prepared': {
    what: 'a view change does not carry what was prepared',
    breaks: 'honest replicas agree',
    parts: broken({ carries: () => [] }),
    preset: 'view-change',
    set: { loss: 0.2, duration: 2000 },
  },
  'begins-alone': {
    what: 'a new primary needs nobody else’s view change to begin',
    breaks: 'honest replicas agree',
    parts: broken({ changes: () => 1 }),
    preset: 'normal',
    set: { loss: 0.2, latency: 'exp:25', clients: 4, timeout: 60, retry: 60, duration: 3000 },
  },
  'any-view': {
    what: 'messages of an older view count in the current one',
    breaks: 'one certificate a number',
    parts: broken({ heedsView: false }),
    preset: 'normal',
    set: {
      loss: 0.1,
      latency: 'mix:0.8*uniform:5:11+0.2*exp:150',
      clients: 4,
      timeout: 60,
      retry: 60,
      duration: 3000,
    },
  },
  'unsigned-requests': {
    what: 'requests carry no signature that backups check',
    breaks: 'only what clients asked',
    parts: broken({ checksClients: false }),
    preset: 'lying-primary',
  },
  'never-suspects': {
    what: 'backups wait for their primary for ever',
    breaks: 'every request is executed',
    parts: broken({ suspects: false }),
    preset: 'silent-primary',
    set: { duration: 2000 },
  },
  'trusts-new-views': {
    what: 'a new primary’s proposals are not compared with the view changes they must follow from',
    breaks: 'honest replicas agree',
    parts: broken({ checksNewView: false }),
    preset: 'lying-successor',
  },
  'executes-twice': {
    what: 'a request sent again gets another number and is executed again',
    breaks: 'each request once',
    parts: broken({ once: false }),
    preset: 'normal',
    set: { loss: 0.2, duration: 1000 },
  },
  'believes-one': {
    what: 'a client believes the first reply it gets',
    breaks: 'clients get the true result',
    parts: broken({ replies: () => 1 }),
    preset: 'lying-primary',
  },
};
