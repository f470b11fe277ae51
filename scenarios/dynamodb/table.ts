import { become, type Protocol, sample, set } from '../../src/sim/protocol.ts';
import type { P } from './params.ts';

export const table: Protocol<{ readonly slices: number }, never, 'slice', P> = {
  start: () => [{ slices: 0 }, become('serving'), set('slice', 1e6)],
  on: {},
  after: {
    slice: (state, here) => [
      { slices: state.slices + 1 },
      sample('offered', here.params.arrivals.rate),
      set('slice', 1e6),
    ],
  },
};
