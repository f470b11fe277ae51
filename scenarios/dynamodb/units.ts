import { CAPACITY } from './constants.ts';
import type { CapacityP } from './params.ts';

/**
 * What a request costs (Read and write operations): a read takes a unit for each 4 KB begun, half if eventual, twice
 * if transactional; a write takes a unit for each KB begun, twice if transactional. An empty item counts as one block.
 */
export function readUnits(sizeKb: number, kind: CapacityP['reads'], round = Math.ceil): number {
  const blocks = Math.max(1, round(sizeKb / CAPACITY.readUnit.value));
  return kind === 'eventual' ? blocks / 2 : kind === 'transactional' ? blocks * 2 : blocks;
}

export function writeUnits(sizeKb: number, kind: CapacityP['writes'], round = Math.ceil): number {
  const blocks = Math.max(1, round(sizeKb / CAPACITY.writeUnit.value));
  return kind === 'transactional' ? blocks * 2 : blocks;
}
