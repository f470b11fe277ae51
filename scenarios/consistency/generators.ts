import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { operations } from './headline.ts';
import type { P } from './params.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;
const holds = (run: Run<P>, property: string) => run.verdicts.some((v) => v.property === property && v.holds);
const notes = (run: Run<P>) =>
  run.events.filter((e): e is EventOf<'note'> & { at: number } => e.kind === 'note');

const MODELS = ['linearizable', 'sequential', 'causal'] as const;

const WHY: Readonly<Record<(typeof MODELS)[number], string>> = {
  linearizable: 'every get saw whatever had returned before it was called',
  sequential:
    'one order of all operations, each client’s own kept, explains all results; it need not follow the clock',
  causal:
    'nobody saw an effect without its cause; puts that knew nothing of each other came in different orders',
};

/** The whole history is shown; which is the strongest model it still has? */
const strongest = (id: string, preset: string): Generator<P> => ({
  id,
  topic: 'consistency',
  level: 4,
  preset,
  make(run) {
    const last = operations(run).at(-1);
    if (!last) return undefined;
    const found = MODELS.find((model) => holds(run, model));
    const blame = MODELS.map((m) => run.verdicts.find((v) => v.property === m && !v.holds)?.detail);
    const end = Math.max(...operations(run).map(({ end }) => end.at));
    return {
      until: Math.min(end + 1, run.durationUs - 1),
      prompt: `Look at the ${operations(run).length} operations of the clients, not at the replicas. Which is the strongest model this history still has?`,
      choices: [
        ...MODELS.map((model, i) => ({
          text:
            model === 'causal'
              ? 'causally consistent'
              : model === 'sequential'
                ? 'sequentially consistent'
                : model,
          right: model === found,
          why: blame[i] ?? (model === found ? WHY[model] : `it is, and ${found} says more`),
        })),
        {
          text: 'none of these',
          right: found === undefined,
          why: found
            ? `it is ${found}: ${WHY[found]}`
            : 'somebody saw an effect and afterwards missed its cause',
        },
      ],
      explanation:
        'From the strongest: linearizable keeps one order and real time; sequential keeps one order; causal keeps only the order of cause and effect. Each implies the next. Find the first that breaks, and name the operations that break it.',
    };
  },
});

const afterFailover: Generator<P> = {
  id: 'consistency-after-failover',
  topic: 'consistency',
  level: 3,
  preset: 'read-your-writes-violated',
  make(run) {
    const crash = run.events.find((e) => e.kind === 'fault' && e.fault === 'crash');
    const moved = notes(run).find(
      (n) => n.text.startsWith('hears nothing from') && n.text.includes('and asks'),
    );
    if (crash?.kind !== 'fault' || crash.fault !== 'crash' || !moved) return undefined;
    const asked = moved.text.split('asks ')[1];
    const all = operations(run);
    const get = all.find(
      ({ call, end }) => call.process === moved.node && call.at < moved.at && end.at > moved.at,
    );
    const put = all.findLast(
      ({ call, end }) =>
        call.process === moved.node &&
        call.f === 'put' &&
        get &&
        call.key === get.call.key &&
        end.at < get.call.at,
    );
    if (!get || !put || get.call.f !== 'get') return undefined;
    const own = get.end.value === put.call.value;
    const { key, value } = put.call;
    return {
      until: moved.at,
      prompt: `${crash.nodes.join()} acknowledged ${moved.node}’s put ${key}=${value} and crashed before it told anybody. The store is eventually consistent. ${moved.node} now asks ${asked} for ${key}. What happens?`,
      choices: [
        {
          text: `It gets the value before ${key}=${value}, or nothing`,
          right: !own,
          why: `${asked} answers from what it has; nothing tells it that this client has written`,
        },
        {
          text: `It gets ${value}: the put had been acknowledged`,
          right: own,
          why: own
            ? 'the change had reached this replica'
            : 'an acknowledgement by one replica says nothing about the others',
        },
        {
          text: `${asked} lets it wait until the put has arrived`,
          right: false,
          why: 'only a store that is told what the session has written can know that something is missing',
        },
        {
          text: 'It gets an error, since the newest copy is down',
          right: false,
          why: 'an eventually consistent replica does not know, and does not ask, who has the newest copy',
        },
      ],
      explanation:
        'Read-your-writes belongs to a session, and breaks when the session moves to a replica that is behind. A token that names what the session has written lets the replica wait, or the client choose another.',
    };
  },
};

const heldBack: Generator<P> = {
  id: 'consistency-held-back',
  topic: 'consistency',
  level: 3,
  preset: 'causal',
  make(run) {
    const held = notes(run).find((n) => /^holds .* back/.test(n.text));
    if (!held) return undefined;
    const [, write] = held.text.match(/^holds (\S+) back/) ?? [];
    const update = run.events.find(
      (e): e is EventOf<'send'> & { at: number } =>
        e.kind === 'send' && e.type === 'Update' && e.to === held.node && e.label === write,
    );
    if (!write || !update) return undefined;
    return {
      until: held.at - 1,
      prompt: `The store is causally consistent. ${update.from} has read the post and then taken ${write}; ${write} reaches ${held.node} at ${ms(held.at)}, where the post is still missing. What does ${held.node} do?`,
      choices: [
        {
          text: `It keeps ${write} hidden until the post has arrived`,
          right: true,
          why: 'the write names what it rests on; shown earlier it would be an effect without its cause',
        },
        {
          text: 'It shows it at once, since it has the larger stamp',
          right: false,
          why: 'the stamp decides between two writes of one key; it says nothing about other keys',
        },
        {
          text: `It refuses all gets until the post has arrived`,
          right: false,
          why: 'gets go on being answered from what was there before: causal stores stay available',
        },
        {
          text: 'It drops it; the sender will repeat it',
          right: false,
          why: 'it has arrived safely and is kept; only its being visible waits',
        },
      ],
      explanation:
        'Causal consistency is kept by the receiver: each write carries its dependencies, and waits where they are missing. The price is metadata and a delay before writes are seen, not availability.',
    };
  },
};

export const generators: readonly Generator<P>[] = [
  strongest('consistency-strongest-one', 'linearizable-violated'),
  strongest('consistency-strongest-two', 'sequential-violated'),
  strongest('consistency-strongest-three', 'monotonic-reads-violated'),
  afterFailover,
  heldBack,
];
