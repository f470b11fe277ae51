import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { EventOf, TraceEvent } from '../../src/sim/trace.ts';
import type { P } from './params.ts';

/** Questions made from what happened in a run. */

const isFault = (name: string) => (e: TraceEvent) => e.kind === 'fault' && e.fault === name;
const ms = (us: number) => `${Math.round(us / 1000)} ms`;

/** A client on the smaller side of a CP register. */
const minority: Generator<P> = {
  id: 'cap-minority-client',
  topic: 'consistency',
  level: 2,
  preset: 'cp-partition',
  make(run) {
    const cut = run.events.find(isFault('partition'));
    const heal = run.events.find(isFault('heal'));
    if (!cut || !heal) return undefined;
    const returns = new Map(run.events.flatMap((e) => (e.kind === 'return' ? [[e.op, e] as const] : [])));
    const read = run.events.find(
      (e): e is EventOf<'invoke'> =>
        e.kind === 'invoke' && e.f === 'get' && e.at > cut.at && returns.get(e.op)?.outcome === 'fail',
    );
    const end = read && returns.get(read.op);
    if (!read || !end || end.at > heal.at) return undefined;
    const asked = run.events.find((e) => e.kind === 'send' && e.from === read.process && e.at === read.at);
    if (asked?.kind !== 'send') return undefined;
    const held = lastLabel(run, asked.to, read.at);
    return {
      until: end.at - 1,
      prompt: `${read.process} reads ${read.key} from ${asked.to}, which is cut off with a minority and holds ${held}. What is it told?`,
      choices: [
        {
          text: 'An error: no majority answers',
          right: true,
          why: `${asked.to} cannot know whether ${held} is still the value: the other side may have written.`,
        },
        {
          text: held,
          right: false,
          why: 'That may be a stale read, and a linearizable register never gives one.',
        },
        {
          text: 'Nothing, for as long as the cut lasts',
          right: false,
          why: `A replica may refuse. This one does so after ${run.params.quorumTimeout} ms.`,
        },
        {
          text: 'The newest value: the majority side tells it',
          right: false,
          why: 'The cut lets nothing through.',
        },
      ],
      explanation:
        'This is CAP’s choice. To stay consistent the minority gives up availability, for reads as well as for writes. The majority side goes on.',
    };
  },
};

/** Two sides wrote; the clock decides. */
const survivor: Generator<P> = {
  id: 'cap-which-write-survives',
  topic: 'consistency',
  level: 3,
  preset: 'ap-partition',
  make(run) {
    const heal = run.events.find(isFault('heal'));
    if (!heal) return undefined;
    const dropped = run.events.find(
      (e): e is EventOf<'note'> => e.kind === 'note' && e.at >= heal.at && e.text.startsWith('drops'),
    );
    const [, lost, kept] = /^drops (\S+) for (\S+) from/.exec(dropped?.text ?? '') ?? [];
    if (!dropped || !lost || !kept) return undefined;
    const sides = [lastLabel(run, 'n1', heal.at), lastLabel(run, `n${run.params.nodes}`, heal.at)];
    if (!sides.includes(lost) || !sides.includes(kept)) return undefined;
    const wrote = (label: string) => {
      const write = run.events.find(
        (e) => e.kind === 'invoke' && e.f === 'put' && `${e.key}=${e.value}` === label,
      );
      return write ? ms(write.at) : 'before';
    };
    return {
      until: heal.at,
      prompt: `The cut heals. One side holds ${sides[0]} (written at ${wrote(sides[0]!)}), the other ${sides[1]} (written at ${wrote(sides[1]!)}). Both writes were acknowledged, and conflicts go to the last writer. What do the replicas agree on?`,
      choices: [
        { text: kept, right: true, why: `It has the later clock. ${dropped.node} ${dropped.text}.` },
        { text: lost, right: false, why: `It was written earlier: its clock loses, acknowledged or not.` },
        {
          text: 'Both, as siblings for a client to resolve',
          right: false,
          why: 'That is the other rule (merge=siblings). Last writer wins keeps one.',
        },
        {
          text: 'Neither: they stay apart until somebody writes again',
          right: false,
          why: 'Replicas share what they have from time to time, and each applies the same rule to it.',
        },
      ],
      explanation:
        'Last writer wins converges because every replica picks the same winner, and it loses an acknowledged write without telling anyone. With skewed clocks the loser may even be the later one.',
    };
  },
};

function lastLabel(run: Run<P>, node: string, at: number): string {
  let label = '';
  for (const e of run.events) {
    if (e.at > at) break;
    if (e.kind === 'state' && e.node === node) label = e.detail;
  }
  return label === '' ? 'nothing' : label;
}

export const generators: readonly Generator<P>[] = [minority, survivor];
