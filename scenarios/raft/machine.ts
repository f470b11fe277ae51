import type { Value } from '../../src/sim/trace.ts';
import type { Command } from './log.ts';

/**
 * The replicated state machine: a small key-value map, and for each client the last command it had executed with its
 * reply, so that a repeated command is answered and not executed again (§6.3).
 */
export interface Machine {
  readonly data: Readonly<Record<string, Value>>;
  readonly sessions: Readonly<Record<string, Session>>;
  /** commands executed, duplicates not counted */
  readonly executed: number;
}

export interface Session {
  readonly serial: number;
  readonly reply: Value;
}

export const emptyMachine: Machine = { data: {}, sessions: {}, executed: 0 };

export function execute(machine: Machine, command: Command): Machine {
  if (command.kind === 'noop' || command.kind === 'members') return machine;
  const { key, value, client, serial } = command;
  return {
    data: { ...machine.data, [key]: value },
    sessions: { ...machine.sessions, [client]: { serial, reply: value } },
    executed: machine.executed + 1,
  };
}

/** Has this client's command, or a later one, been executed? */
export const executed = (machine: Machine, client: string, serial: number): boolean =>
  (machine.sessions[client]?.serial ?? 0) >= serial;
