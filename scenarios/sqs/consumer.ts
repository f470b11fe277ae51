import {
  become,
  cancel,
  type Here,
  note,
  type Protocol,
  type Step,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { type Body, type Held, ignores, type Msg } from './messages.ts';
import { GROUPS, type P } from './params.ts';

/** Polls, works, writes the effect, and only then deletes: what it forgets in a crash, the queue shows again. */
export interface ConsumerState {
  readonly role: 'consumer';
  readonly phase: 'polling' | 'working' | 'writing' | 'deleting';
  /** of the last poll: answers to older ones come too late */
  readonly serial: number;
  readonly job: Job | null;
}

interface Job extends Held {
  readonly receives: number;
  readonly body: Body;
}

type Timer = 'poll' | 'work' | 'beat' | 'overdue' | 'give-up';
type Out = Step<ConsumerState, Msg, Timer>;

/** The rules a broken twin breaks. */
export interface ConsumerRules {
  readonly deletesAfter: boolean;
}

export const CONSUMER: ConsumerRules = { deletesAfter: true };

/** Beyond the long poll's own wait: after it the connection counts as lost. */
const PATIENCE_US = 5_000_000;
const SHORT_POLL_US = 1_000_000;

const queueOf = (here: Here<P>) => here.part('queue')[0]!;

function poll(here: Here<P>): Out {
  const serial = here.unique();
  const waitUs = Math.round(here.params.wait * 1000);
  return [
    { role: 'consumer', phase: 'polling', serial, job: null },
    become('polling'),
    cancel('work'),
    cancel('beat'),
    cancel('overdue'),
    cancel('give-up'),
    send<Msg>(queueOf(here), { type: 'Receive', serial, waitUs }, 'receive'),
    set('poll', waitUs + PATIENCE_US),
  ];
}

const remove = (job: Job, here: Here<P>) =>
  send<Msg>(queueOf(here), { type: 'Delete', id: job.id, receipt: job.receipt }, `delete ${job.body.key}`);

const ended = (state: ConsumerState, m: Held, here: Here<P>): Out =>
  state.phase === 'deleting' && state.job?.receipt === m.receipt ? poll(here) : [state];

export function consumer(rules: ConsumerRules): Protocol<ConsumerState, Msg, Timer, P> {
  return {
    start: (here) => poll(here),
    on: {
      Delivery(state, m, _from, here) {
        if (state.phase !== 'polling' || m.serial !== state.serial) return [state];
        const { id, receipt, receives, body } = m;
        const job: Job = { id, receipt, receives, body };
        const { heartbeat, visibility, tenants } = here.params;
        const plain = tenants > 0 && body.group === GROUPS[0] ? 'tenant A' : 'working';
        return [
          { ...state, phase: 'working', job },
          become(receives > 1 ? 'again' : plain, body.key),
          ...(rules.deletesAfter ? [] : [remove(job, here)]),
          cancel('poll'),
          set('work', here.draw(here.params.work)),
          heartbeat > 0
            ? set('beat', Math.round(heartbeat * 1000))
            : set('overdue', Math.round(visibility * 1000)),
        ];
      },
      Empty(state, m, _from, here) {
        if (state.phase !== 'polling' || m.serial !== state.serial) return [state];
        return here.params.wait > 0 ? poll(here) : [state, set('poll', SHORT_POLL_US)];
      },
      Written(state, m, _from, here) {
        if (state.phase !== 'writing' || state.job?.receipt !== m.receipt) return [state];
        if (!rules.deletesAfter) return poll(here);
        return [{ ...state, phase: 'deleting' }, remove(state.job, here), set('give-up', PATIENCE_US)];
      },
      Deleted: (state, m, _from, here) => ended(state, m, here),
      Expired: (state, m, _from, here) => ended(state, m, here),
      ...ignores('Send', 'Sent', 'Receive', 'Extend', 'Delete', 'Write'),
    },
    after: {
      poll: (_state, here) => poll(here),
      work(state, here) {
        const { job } = state;
        if (!job || state.phase !== 'working') return [state];
        const { key, poison } = job.body;
        const fails = here.params.failure > 0 && here.random() < here.params.failure;
        if (poison || fails) {
          const [next, ...effects] = poll(here);
          return [next, note(poison ? `cannot process ${key} and leaves it` : `fails on ${key}`), ...effects];
        }
        return [
          { ...state, phase: 'writing' },
          send<Msg>(here.part('store')[0]!, { type: 'Write', key, receipt: job.receipt }, `effect of ${key}`),
          set('give-up', PATIENCE_US),
        ];
      },
      beat(state, here) {
        const { job } = state;
        if (!job) return [state];
        return [
          state,
          send<Msg>(
            queueOf(here),
            { type: 'Extend', id: job.id, receipt: job.receipt },
            `extend ${job.body.key}`,
          ),
          set('beat', Math.round(here.params.heartbeat * 1000)),
        ];
      },
      overdue: (state) =>
        state.job
          ? [
              state,
              become('overdue', state.job.body.key),
              note(`still works on ${state.job.body.key} when its timeout ends`),
            ]
          : [state],
      // The message comes back by itself: that is what the timeout is for.
      'give-up': (_state, here) => poll(here),
    },
  };
}
