/**
 * Questions made from fresh runs. The card of the review log is the generator, `gen/raft/next-leader`: what is
 * remembered is how such a run goes on, not one run. What is put to somebody is `gen/raft/next-leader#4711`, with the
 * seed: kept with the ask, it makes the same question again after a restart.
 */
import type { Simulations } from '../sim/catalogue.ts';
import type { Generated } from '../sim/generated.ts';
import type { Choice, Level } from './question.ts';

export interface Generator {
  /** the card, `gen/<scenario>/<generator>` */
  readonly id: string;
  readonly scenario: string;
  readonly topic: string;
  readonly level: Level;
}

export interface Generators {
  readonly all: readonly Generator[];
  of(filter: { readonly topic?: string; readonly level?: number }): readonly Generator[];
  /** by card or by what was put */
  get(id: string): Generator | undefined;
  /** A question of a run nobody has seen, by a random seed; undefined where none of many runs has its moment. */
  fresh(id: string, random: () => number): Promise<string | undefined>;
  /** the question put under that name; undefined if its generator is gone or its run no longer has the moment */
  question(put: string): Promise<Choice | undefined>;
}

/** the worker that runs them: `Draw['generated']` */
export type Make = (scenario: string, generator: string, seed: number) => Promise<Generated | undefined>;

const PREFIX = 'gen/';
/** seeds tried for a run that has the moment asked about; those seen so far have it in every second run or more */
const TRIES = 24;
const SEEDS = 1_000_000;
/** questions remembered: a click on a button asks for the same one again */
const KEPT = 256;

export const isGenerated = (id: string): boolean => id.startsWith(PREFIX);
/** `gen/raft/next-leader` of `gen/raft/next-leader#4711` */
export const cardOf = (put: string): string => (isGenerated(put) ? put.replace(/#\d+$/, '') : put);

export function createGenerators(sims: Simulations, make: Make): Generators {
  const all: readonly Generator[] = sims.ids.flatMap((scenario) =>
    (sims.get(scenario).generators ?? []).map(({ id, topic, level }) => ({
      id: `${PREFIX}${scenario}/${id}`,
      scenario,
      topic,
      level,
    })),
  );
  const byId = new Map(all.map((generator) => [generator.id, generator]));
  const known = new Map<string, Promise<Choice | undefined>>();

  const question = (put: string): Promise<Choice | undefined> => {
    const generator = byId.get(cardOf(put));
    const seed = Number(/#(\d+)$/.exec(put)?.[1] ?? Number.NaN);
    if (generator === undefined || !Number.isSafeInteger(seed)) return Promise.resolve(undefined);
    const held = known.get(put);
    if (held !== undefined) return held;
    const { scenario, id } = generator;
    const making = make(scenario, id.slice(PREFIX.length + scenario.length + 1), seed).then(
      (made) => made && choiceOf(generator, made),
    );
    if (known.size >= KEPT) known.delete(known.keys().next().value!);
    known.set(put, making);
    making.catch(() => known.delete(put));
    return making;
  };

  return {
    all,
    of: ({ topic, level }) =>
      all.filter(
        (g) => (topic === undefined || g.topic === topic) && (level === undefined || g.level === level),
      ),
    get: (id) => byId.get(cardOf(id)),
    async fresh(id, random) {
      for (let i = 0; i < TRIES; i++) {
        const put = `${cardOf(id)}#${Math.floor(random() * SEEDS)}`;
        if ((await question(put)) !== undefined) return put;
      }
      return undefined;
    },
    question,
  };
}

/** none, where nothing is made */
export const noGenerators: Generators = {
  all: [],
  of: () => [],
  get: () => undefined,
  fresh: async () => undefined,
  question: async () => undefined,
};

function choiceOf({ id, scenario }: Generator, made: Generated): Choice {
  const { topic, level, prompt, choices, explanation, sources, recipe, until } = made;
  return {
    kind: 'choice',
    id,
    topic,
    level,
    prompt,
    options: choices,
    explanation,
    sources: sources.slice(0, 2),
    shows: [],
    moment: { recipe, until },
    file: `scenarios/${scenario}/generators.ts`,
  };
}
