import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

export const presets: Readonly<Record<string, Preset<typeof params>>> = {
  'strong-today': {
    title: 'Strong read-after-write consistency',
    what: 'Caches still fall behind; the witness tells them before they answer. Compare with eventual-before-2020.',
    seed: 6,
  },
  'eventual-before-2020': {
    title: 'S3 before December 2020',
    what: 'The same clients: a 404 is remembered, an overwrite is not yet seen, a deleted key is still listed.',
    set: { consistency: 'eventual' },
    seed: 6,
  },
  'conditional-write': {
    title: 'Compare and set on an object',
    what: 'Two writers add lines to one object. The slower one gets 412 and reads again. Compare with condition=off.',
    set: {
      workload: 'conditional',
      fronts: 1,
      clients: 1,
      think: 'uniform:120:350',
      upload: 'uniform:60:160',
      patience: 400,
      settle: 900,
      duration: 2600,
    },
    seed: 9,
  },
};
