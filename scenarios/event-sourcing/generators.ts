import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import type { P } from './params.ts';
import { BALANCES } from './protocol.ts';

type At<K extends 'note' | 'send' | 'sample' | 'invoke' | 'return'> = EventOf<K> & { readonly at: number };

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

const notes = (run: Run<P>, start: string): At<'note'>[] =>
  run.events.filter((e): e is At<'note'> => e.kind === 'note' && e.text.startsWith(start));

const balanceAt = (run: Run<P>, series: string, at: number): number | undefined =>
  run.events.findLast((e): e is At<'sample'> => e.kind === 'sample' && e.series === series && e.at <= at)
    ?.value;

/** What a refused handler must do: from this run's own versions and balances. */
const afterConflict: Generator<P> = {
  id: 'event-sourcing-after-conflict',
  topic: 'patterns',
  level: 3,
  preset: 'concurrency-conflict',
  make(run) {
    const declined = notes(run, 'declines')[0];
    const refused = notes(run, 'is refused').findLast((e) => e.node === declined?.node);
    if (!declined || !refused || declined.at < refused.at) return undefined;
    const balance = balanceAt(run, 'by the events', refused.at);
    const { amount, opening } = run.params;
    if (balance === undefined || balance >= amount.mean) return undefined;
    const taken = `${amount.mean} €`;
    return {
      until: refused.at,
      prompt: `At ${ms(refused.at)} the append of ${refused.node} (withdraw ${taken}) is refused. When it read the account the money was there; by the events it now holds ${balance} €. What does the right handler do?`,
      choices: [
        {
          text: 'Reload, decide again, and record that the withdrawal is declined',
          right: true,
          why: `${declined.node} does so at ${ms(declined.at)}: the decision belongs to the version it was made on`,
        },
        {
          text: `Append the withdrawal of ${taken} again, with the version from the refusal`,
          right: false,
          why: `the check passes and the account ends at ${balance - amount.mean} €: the version was renewed, the decision was not`,
        },
        {
          text: 'Append without an expected version, since the command is valid',
          right: false,
          why: `it was valid on ${opening} €; the expected version is all that ties a decision to what it rests on`,
        },
        {
          text: 'Ask the read model for the balance and append if it is enough',
          right: false,
          why: 'the read model lags; decisions are made on the stream',
        },
      ],
      explanation:
        'An expected version makes append a compare-and-set. A refusal says that the decision rests on an old state, so the decision has to be made again, not only the write.',
    };
  },
};

/** What a client sees that does not wait for its version. */
const staleRead: Generator<P> = {
  id: 'event-sourcing-stale-read',
  topic: 'patterns',
  level: 2,
  preset: 'projection-lag',
  make(run) {
    const read = run.events.find((e): e is At<'invoke'> => e.kind === 'invoke' && e.f === 'read');
    const answer = run.events.find((e): e is At<'return'> => e.kind === 'return' && e.op === read?.op);
    if (!read || typeof answer?.value !== 'number') return undefined;
    const stored = balanceAt(run, 'by the events', read.at);
    const before = run.params.opening;
    if (stored === undefined || answer.value === stored) return undefined;
    const sees = `${answer.value} €`;
    return {
      until: read.at,
      prompt: `At ${ms(read.at)} ${read.process} has been told that its withdrawal is stored and reads its balance at once. By the events A holds ${stored} €; the projection takes ${Math.round(run.params.apply.mean)} ms for an event. What does it see?`,
      choices: [
        {
          text: sees,
          right: true,
          why: `the projection has not applied the event when it answers at ${ms(answer.at)}`,
        },
        {
          text: `${stored} €`,
          right: false,
          why: 'that is what the stream says; the read model gets there later',
        },
        {
          text: `${stored - (before - stored)} €`,
          right: false,
          why: 'a view that lags shows less history, not an event counted twice',
        },
        {
          text: 'An error, since the read model knows that it is behind',
          right: false,
          why: 'it knows only what it was asked; a query without a version is answered from the rows as they are',
        },
      ],
      explanation:
        'The read side is eventually consistent. Read-your-writes is had by a version token: the command returns its version, the query carries it, the read model waits until its row has reached it.',
    };
  },
};

/** What a projection is given after a crash. */
const afterCrash: Generator<P> = {
  id: 'event-sourcing-after-crash',
  topic: 'patterns',
  level: 3,
  preset: 'projection-crash',
  make(run) {
    const back = notes(run, 'takes up').find((e) => e.node === BALANCES);
    const again = notes(run, 'gets ').filter((e) => e.node === BALANCES && e.at > (back?.at ?? 0));
    const checkpoint = Number(back?.text.split(' ').at(-1));
    if (!back || again.length === 0 || !Number.isFinite(checkpoint)) return undefined;
    const had = checkpoint + again.length;
    return {
      until: back.at,
      prompt: `The read model comes back at ${ms(back.at)}. Its view holds the events up to position ${had}, its checkpoint says ${checkpoint}. Which events does it get, and what happens to them?`,
      choices: [
        {
          text: `From ${checkpoint + 1} on; those up to ${had} are recognised by (stream, version) and change nothing`,
          right: true,
          why: `${again.length} of them arrive again, the first at ${ms(again[0]?.at ?? 0)}`,
        },
        {
          text: `From ${had + 1} on, because the store knows what was delivered`,
          right: false,
          why: 'the store keeps no account of its readers; a subscription starts where the reader says',
        },
        {
          text: `From ${checkpoint + 1} on, and those up to ${had} are counted a second time`,
          right: false,
          why: 'that is the projection without a version in its rows',
        },
        {
          text: 'From position 1: the view is built anew after every crash',
          right: false,
          why: 'that would be right but slow; the checkpoint is there to avoid it',
        },
      ],
      explanation:
        'The checkpoint is saved after the view, and not after every event. So a crash brings some events again and loses none: at least once, made exactly once in effect by comparing versions.',
    };
  },
};

export const generators = [afterConflict, staleRead, afterCrash];
