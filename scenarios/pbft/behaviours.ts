import type { Here, Message } from '../../src/sim/protocol.ts';
import { hash, sign } from './authentic.ts';
import type { P } from './params.ts';
import {
  changeText,
  checkpointText,
  digestOf,
  type Machine,
  type Msg,
  phaseText,
  primaryOf,
} from './state.ts';

/**
 * What becomes of a traitor's messages on their way out. A traitor signs whatever it likes in its own name, and never in
 * another's. Its own state goes on honestly behind the mask; checkers leave it out.
 */
type Behaviour = (message: Message, to: string, here: Here<P>) => Message | undefined;

const isReplica = (id: string, here: Here<P>) => here.part('replica').includes(id);

/**
 * As primary it tells each backup another order of the same requests: numbers are rotated within stretches as long as
 * there are backups, by the backup's place. It backs up every story with a matching commit.
 */
const equivocate: Behaviour = (message, to, here) => {
  const m = message as Msg;
  if ((m.type !== 'PrePrepare' && m.type !== 'Commit') || !isReplica(to, here)) return m;
  if (primaryOf(m.view, here) !== here.self) return m;
  const stretch = here.peers.length;
  const place = (m.seq - 1) % stretch;
  const seq = m.seq - place + ((place + here.peers.indexOf(to)) % stretch);
  return { ...m, seq, signature: sign(here.self, phaseText(m.type, m.view, seq, m.digest)) };
};

/** It answers clients falsely, votes for what nobody proposed, invents requests, hides what it prepared. */
const lie: Behaviour = (message, to, here) => {
  const m = message as Msg;
  const { self } = here;
  switch (m.type) {
    case 'Reply':
      return { ...m, value: -1 };
    case 'PrePrepare': {
      if (m.order === null) return m;
      const order = { ...m.order, value: -1 };
      const digest = digestOf(order);
      return { ...m, order, digest, signature: sign(self, phaseText('PrePrepare', m.view, m.seq, digest)) };
    }
    case 'Prepare':
    case 'Commit': {
      const digest = hash(`not ${m.digest}`);
      return { ...m, digest, signature: sign(self, phaseText(m.type, m.view, m.seq, digest)) };
    }
    case 'Checkpoint': {
      const digest = hash(`not ${m.digest}`);
      return { ...m, digest, signature: sign(self, checkpointText(m.seq, digest)) };
    }
    case 'ViewChange': {
      const hiding = { ...m, prepared: [] };
      return { ...hiding, signature: sign(self, changeText(hiding)) };
    }
    case 'NewView':
      return {
        ...m,
        proposals: m.proposals.map(({ seq }) => ({
          seq,
          order: null,
          digest: digestOf(null),
          signature: sign(self, phaseText('PrePrepare', m.view, seq, digestOf(null))),
        })),
      };
    case 'State': {
      const machine: Machine = { ...m.machine, data: { x: -1 } };
      return { ...m, machine };
    }
    default:
      return isReplica(to, here) ? m : undefined;
  }
};

export const behaviours = { equivocate, lie };
