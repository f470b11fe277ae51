import type { World } from '../../src/sim/scenario.ts';
import type { ClientState } from './client.ts';
import type { HolderState, LockState } from './lease.ts';
import type { ProcessState } from './process.ts';
import type { ReplicaState } from './register.ts';

export type State = ProcessState | ReplicaState | HolderState | LockState | ClientState;
export const isState = (state: unknown): state is State =>
  typeof state === 'object' && state !== null && 'kind' in state;

/** The oracle needs these and nothing else. */
export const CAUSAL = ['send', 'deliver', 'drop', 'fault', 'state'] as const;

export const nodesOf = (world: Pick<World, 'actors'>): string[] =>
  world.actors.filter((a) => a.part !== 'client').map((a) => a.id);
