import { become, note, type Protocol, save, send } from '../../src/sim/protocol.ts';
import { ignores, type Msg } from './messages.ts';
import type { P } from './params.ts';

/** Where the effects are kept: a table that can write on the condition that the message's key is not there yet. */
export interface StoreState {
  readonly role: 'store';
  /** keys in the order of their effects; a key twice is an effect twice */
  readonly effects: readonly string[];
  /** repeats that the condition turned away */
  readonly absorbed: number;
}

/** The rules a broken twin breaks. */
export interface StoreRules {
  readonly conditional: boolean;
}

export const STORE: StoreRules = { conditional: true };

const shown = (s: StoreState) => (s.effects.length > 0 ? `${new Set(s.effects).size}` : '');

export function store(rules: StoreRules): Protocol<StoreState, Msg, never, P> {
  return {
    start(_here, disk) {
      const state = (disk as StoreState | undefined) ?? { role: 'store', effects: [], absorbed: 0 };
      return [state, become(state.effects.length > 0 ? 'effects' : 'empty', shown(state))];
    },
    on: {
      Write(state, m, from, here) {
        const { key, receipt } = m;
        const reply = (label: string) => send<Msg>(from, { type: 'Written', key, receipt }, label);
        const before = state.effects.includes(key);
        if (before && here.params.idempotent && rules.conditional) {
          const same = { ...state, absorbed: state.absorbed + 1 };
          return [
            same,
            save(same),
            become('absorbed', key),
            note(`has the effect of ${key} already: nothing changes`),
            reply('already'),
          ];
        }
        const next = { ...state, effects: [...state.effects, key] };
        return [
          next,
          save(next),
          before ? become('twice', key) : become('effects', shown(next)),
          note(before ? `applies the effect of ${key} AGAIN` : `applies the effect of ${key}`),
          reply('written'),
        ];
      },
      ...ignores('Send', 'Sent', 'Receive', 'Delivery', 'Empty', 'Extend', 'Delete', 'Deleted', 'Expired'),
      ...ignores('Written'),
    },
    after: {},
  };
}
