import type { Generator } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';

export const generators: readonly Generator<P>[] = [];
