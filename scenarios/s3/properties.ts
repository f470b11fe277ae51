import type { Property } from '../../src/sim/scenario.ts';
import { load } from './judge-load.ts';
import { multipart } from './judge-multipart.ts';
import { region } from './judge-region.ts';
import { replication } from './judge-replication.ts';
import type { P } from './params.ts';

/** Each is judged in its own workload only. */
export const properties: Readonly<Record<string, Property<P>>> = {
  ...region,
  ...replication,
  ...load,
  ...multipart,
};
