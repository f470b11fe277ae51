import { z } from 'zod';
import {
  aside,
  type Block,
  type Button,
  buttons,
  heading,
  type Option,
  privately,
  reply,
  text,
} from '../chat.ts';
import { asking } from '../learn/show.ts';
import { rival, settings } from '../sim/rival.ts';
import { checkPoint, prepare, recipe as recipeOf } from '../sim/run.ts';
import type { Recipe } from '../sim/scenario.ts';
import { action, command, type Press, Refusal, type Tools } from './command.ts';
import { words } from './grammar.ts';
import { faultForm, field, readFault } from './run-faults.ts';
import { play, show } from './run-view.ts';

/** Runs a protocol and shows what happened. Its buttons carry the run's id: they work after a restart and in old messages. */
export default command({
  name: 'simulate',
  summary: 'Run a protocol and see what happened, message by message.',
  input: z.object({
    scenario: z.string().describe('Which protocol').meta({ completes: true }),
    preset: z
      .string()
      .optional()
      .describe('Which situation; the first one if left out')
      .meta({ completes: true }),
    seed: z.coerce.number().int().min(0).optional().describe('Same seed, same run'),
    set: z
      .string()
      .max(1000)
      .optional()
      .describe('Parameters, such as nodes=5 loss=0.1')
      .meta({ rest: true }),
    animate: z.boolean().optional().describe('As a moving picture'),
    against: z
      .string()
      .max(200)
      .optional()
      .describe('Compare with a preset, a twin or a parameter such as preVote=on'),
  }),
  examples: ['/simulate raft preset=leader-crash seed=7'],
  async run({ scenario: id, preset, seed, set, animate, against }, context) {
    const shared =
      preset === undefined && !context.sims.ids.includes(id) ? await context.store.runs.get(id) : undefined;
    const scenario = context.sims.get(shared?.scenario ?? id);
    const recipe = shared ?? recipeOf(scenario, preset, { seed, set: settings(words(set ?? '')) });
    if (animate && against !== undefined)
      throw new Refusal('A moving picture shows one run: leave out `animate` or `against`.');
    if (animate) return play(recipe, context);
    return show(recipe, context, against === undefined ? {} : { against: rival(against, recipe, scenario) });
  },
  complete(option, typed, { sims }, given) {
    const matching = (options: readonly Option[]) =>
      options.filter((o) => `${o.value} ${o.label}`.toLowerCase().includes(typed.toLowerCase()));
    if (option === 'scenario')
      return matching(sims.ids.map((id) => ({ value: id, label: id, description: sims.get(id).summary })));
    const scenario = String(given.scenario ?? '');
    const of = (id: string): Option[] => [
      ...Object.entries(sims.get(id).presets).map(([name, p]) => ({
        value: name,
        label: name,
        description: p.title,
      })),
    ];
    const known = sims.ids.includes(scenario);
    if (option === 'preset')
      return matching(
        known ? of(scenario) : [...new Map(sims.ids.flatMap(of).map((o) => [o.value, o])).values()],
      );
    if (option === 'against' && known)
      return matching([
        ...of(scenario),
        ...Object.entries(sims.get(scenario).twins).map(([name, t]) => ({
          value: name,
          label: name,
          description: t.what,
        })),
      ]);
    return [];
  },
  actions: {
    /** simulate:open:<run> shows a run again, as a new message */
    open: { how: 'reply', run: async (press, context) => show(await kept(press, context), context) },
    /** simulate:step:<run>:<event index> moves the playhead, in the same message; `end` shows the whole run */
    step: {
      how: 'update',
      async run(press, context) {
        const step = Number(press.words[1]);
        return show(
          await kept(press, context),
          context,
          Number.isSafeInteger(step) && step >= 0 ? { step } : {},
        );
      },
    },
    /** simulate:seed:<run> is the same question with other dice */
    seed: {
      how: 'reply',
      async run(press, context) {
        const before = await kept(press, context);
        // Interventions belong to the run they were made in: at another seed their moment means nothing.
        return show({ ...before, seed: Math.floor(context.random() * 100_000), interventions: [] }, context);
      },
    },
    animate: { how: 'reply', run: async (press, context) => play(await kept(press, context), context) },
    /** simulate:compare:<run> asks with what, then draws both */
    compare: {
      how: 'form',
      form: (press) => ({
        action: action('simulate', 'compare', ...press.words),
        title: 'Compare with',
        submit: 'Run both',
        fields: [
          {
            kind: 'line',
            name: 'against',
            label: 'A preset, a twin, or a parameter',
            hint: 'partition, or preVote=on',
            required: true,
            maxLength: 100,
          },
        ],
      }),
      async run(press, context) {
        const recipe = await kept(press, context);
        const against = field(press, 'against');
        return show(recipe, context, { against: rival(against, recipe, context.sims.get(recipe.scenario)) });
      },
    },
    /** simulate:lesson:<scenario>:<page> opens the lesson, simulate:page turns its pages in the same message */
    lesson: { how: 'private', run: async (press, context) => privately(...lesson(press, context)) },
    page: { how: 'update', run: async (press, context) => reply(...lesson(press, context)) },
    quiz: {
      how: 'private',
      async run(press, { sims, learning, learner, now, random, draw }) {
        const { topic } = sims.get(press.words[0] ?? '');
        const asked = await learning.quiz(learner, { topic, count: 5 }, now(), random);
        if (!asked) throw new Refusal(`There are no questions on ${topic} yet.`);
        return privately(...(await asking(asked, { draw })));
      },
    },
    /** simulate:fault:<run>:<event index> asks which fault, then forks the run there */
    fault: {
      how: 'form',
      form: (press) => faultForm(press),
      async run(press, context) {
        const recipe = await kept(press, context);
        const scenario = context.sims.get(recipe.scenario);
        const at = Number(press.words[2] ?? Number.NaN);
        if (!Number.isSafeInteger(at) || at < 0)
          throw new Refusal('Step to the moment of the fault first, then press the button again.');
        const intervention = readFault(press, at, scenario);
        checkPoint(scenario, prepare(scenario, recipe).params, intervention);
        return show({ ...recipe, interventions: [...recipe.interventions, intervention] }, context);
      },
    },
  },
});

async function kept(press: Press, { store }: Tools): Promise<Recipe> {
  const recipe = await store.runs.get(press.words[0] ?? '');
  if (recipe) return recipe;
  throw new Refusal('I no longer have that run. Ask for it again with `/simulate`.');
}

function lesson(press: Press, { sims, lessons }: Tools): Block[] {
  const scenario = sims.get(press.words[0] ?? '');
  const pages = lessons(scenario.id);
  const at = Math.min(Math.max(0, Number(press.words[1]) || 0), pages.length - 1);
  const page = pages[at];
  if (!page) throw new Refusal(`There is no lesson on ${scenario.id} yet.`);
  const turn = (label: string, to: number): Button => ({
    action: action('simulate', 'page', scenario.id, to),
    label,
    disabled: to < 0 || to >= pages.length,
  });
  return [
    heading(page.title),
    text(page.markdown),
    aside(`Page ${at + 1} of ${pages.length}`),
    buttons(turn('◀ Back', at - 1), turn('Next ▶', at + 1)),
  ];
}
