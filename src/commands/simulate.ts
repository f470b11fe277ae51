import { z } from 'zod';
import {
  aside,
  type Block,
  type Button,
  buttons,
  type Form,
  heading,
  type Option,
  type Reply,
  text,
} from '../chat.ts';
import { recipe as recipeOf } from '../sim/run.ts';
import type { Intervention, Recipe, Scenario } from '../sim/scenario.ts';
import { type Figure, type Summary, verdictLine } from '../sim/summary.ts';
import { action, type Context, command, type Press, Refusal, type Tools } from './command.ts';
import { words } from './grammar.ts';

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
  }),
  examples: ['/simulate raft preset=leader-crash seed=7'],
  async run({ scenario: id, preset, seed, set }, context) {
    const scenario = context.sims.get(id);
    const recipe = recipeOf(scenario, preset, { seed, set: settings(set ?? '') });
    return show(recipe, context);
  },
  complete(option, typed, { sims }) {
    const matching = (options: readonly Option[]) =>
      options.filter((o) => `${o.value} ${o.label}`.toLowerCase().includes(typed.toLowerCase()));
    if (option === 'scenario')
      return matching(sims.ids.map((id) => ({ value: id, label: id, description: sims.get(id).summary })));
    if (option === 'preset') {
      const all = sims.ids.flatMap((id) =>
        Object.entries(sims.get(id).presets).map(([name, p]) => ({
          value: name,
          label: name,
          description: `${id}: ${p.title}`,
        })),
      );
      return matching([...new Map(all.map((o) => [o.value, o])).values()]);
    }
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
          Number.isSafeInteger(step) && step >= 0 ? step : undefined,
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
        return show({ ...recipe, interventions: [...recipe.interventions, intervention] }, context);
      },
    },
  },
});

/** `nodes=5 loss=0.1` as parameters. Throws Refusal. */
function settings(line: string): Record<string, string> {
  return Object.fromEntries(
    words(line).map((word) => {
      const equals = word.indexOf('=');
      if (equals < 1)
        throw new Refusal(
          `Parameters are written name=value, such as nodes=5; got \`${word.slice(0, 40)}\`.`,
        );
      return [word.slice(0, equals), word.slice(equals + 1)];
    }),
  );
}

async function kept(press: Press, { store }: Tools): Promise<Recipe> {
  const recipe = await store.runs.get(press.words[0] ?? '');
  if (recipe) return recipe;
  throw new Refusal('I no longer have that run. Ask for it again with `/simulate`.');
}

async function show(recipe: Recipe, context: Context, step?: number): Promise<Reply> {
  const scenario = context.sims.get(recipe.scenario);
  const { picture, summary } = await context.draw.timeline(recipe, step === undefined ? {} : { step });
  // Kept only once it has run: a recipe that cannot run gets no id.
  const id = await context.store.runs.keep(recipe, context.now());
  const blocks: Block[] = [
    heading(`${summary.title}: ${summary.headline}`),
    {
      kind: 'image',
      name: `${recipe.scenario}-${recipe.preset}.png`,
      bytes: picture.bytes,
      mime: picture.mime,
      alt: story(summary),
      title: summary.headline,
    },
  ];
  if (summary.step) blocks.push(text(`**${milliseconds(summary.step.at)}** ${summary.step.text}.`));
  blocks.push(
    text(
      summary.verdicts.map((v) => `${v.holds ? '✓' : v.promised ? '✗' : '△'} ${verdictLine(v)}`).join('\n'),
    ),
  );
  const figures = summary.metrics.filter((f) => Number.isFinite(f.value)).slice(0, 6);
  if (figures.length > 0) blocks.push(text(figures.map(figure).join(' · ')));
  if (summary.cut) blocks.push(text(`Note: ${summary.cut}.`));
  blocks.push(aside(`\`/simulate ${line(recipe)}\` · run \`${id}\` · ${summary.recipeLine}`));
  blocks.push(...controls(id, summary, step, scenario));
  return { blocks };
}

function controls(id: string, summary: Summary, step: number | undefined, scenario: Scenario): Block[] {
  const { moments, turns } = summary;
  const to = (label: string, index: number | undefined): Button =>
    index === undefined
      ? { action: action('simulate', 'step', id, 'none', label), label, disabled: true }
      : { action: action('simulate', 'step', id, index, label), label };
  const here = step ?? -1;
  const last = <T>(list: readonly T[]) => list[list.length - 1];
  const back = step === undefined ? last(moments) : last(moments.filter((m) => m < here));
  const next = step === undefined ? moments[0] : moments.find((m) => m > here);
  const jump = step === undefined ? turns[0] : turns.find((t) => t > here);
  const row: Button[] = [to('◀ Step', back), to('Step ▶', next), to('Next turn ⏭', jump)];
  if (summary.step)
    row.push({
      action: action('simulate', 'fault', id, step ?? 0, summary.step.at),
      label: 'Break something here',
    });
  row.push({ action: action('simulate', 'seed', id), label: 'New seed', style: 'primary' });
  void scenario;
  return [buttons(...row)];
}

/** The picture in words, within what every platform accepts as alt text. */
function story(summary: Summary): string {
  const head = `${summary.title}: ${summary.headline}. ${summary.recipeLine}.`;
  const lines: string[] = [];
  let length = head.length;
  for (const sentence of summary.story) {
    if (length + sentence.length + 1 > 950) {
      lines.push('…');
      break;
    }
    lines.push(sentence);
    length += sentence.length + 1;
  }
  return [head, ...lines].join('\n');
}

const milliseconds = (us: number) => `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;

function figure({ name, value, unit }: Figure): string {
  const shown = Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 1000) / 1000;
  return `${name.replaceAll('_', ' ').replace(/ ms$/, '')} **${shown}${unit ? ` ${unit}` : ''}**`;
}

/** The command that shows this run again. */
function line(recipe: Recipe): string {
  const set = Object.entries(recipe.set).map(([name, value]) => ` ${name}=${value}`);
  return `${recipe.scenario} preset=${recipe.preset} seed=${recipe.seed}${set.join('')}`;
}

const FAULTS = [
  { value: 'crash', label: 'Crash a node' },
  { value: 'restart', label: 'Restart a crashed node' },
  { value: 'wipe', label: 'Restart it with an empty disk' },
  { value: 'pause', label: 'Pause a node (it does not know)' },
  { value: 'resume', label: 'Resume a paused node' },
  { value: 'partition', label: 'Cut nodes off from the rest' },
  { value: 'heal', label: 'Heal the network' },
  { value: 'lossy', label: 'Lose 20 % of messages' },
] as const;

function faultForm(press: Press): Form {
  return {
    action: action('simulate', 'fault', ...press.words),
    title: 'Break something here',
    submit: 'Run it',
    fields: [
      { kind: 'one', name: 'fault', label: 'What happens', options: FAULTS, required: true },
      {
        kind: 'line',
        name: 'nodes',
        label: 'To which nodes',
        hint: 'n2, or n1 n2, or @leader; empty for the network as a whole',
        required: false,
        maxLength: 100,
      },
    ],
  };
}

function readFault(press: Press, atUs: number, scenario: Scenario): Intervention {
  const first = (value: string | readonly string[] | undefined) =>
    typeof value === 'string' ? value : (value?.[0] ?? '');
  const fault = first(press.fields.fault);
  const nodes = first(press.fields.nodes)
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  const needs = () => {
    if (nodes.length > 0) return nodes;
    const targets = Object.keys(scenario.targets ?? {}).map((t) => `@${t}`);
    throw new Refusal(`Say which node, such as n2${targets.length > 0 ? ` or ${targets.join(', ')}` : ''}.`);
  };
  switch (fault) {
    case 'crash':
    case 'pause':
    case 'resume':
      return { atUs, fault, nodes: needs() };
    case 'restart':
      return { atUs, fault: 'restart', nodes: nodes.length > 0 ? nodes : ['@crashed'] };
    case 'wipe':
      return { atUs, fault: 'restart', nodes: nodes.length > 0 ? nodes : ['@crashed'], wipe: true };
    case 'partition':
      return { atUs, fault: 'partition', groups: [needs(), ['@rest']] };
    case 'heal':
      return { atUs, fault: 'heal' };
    case 'lossy':
      return { atUs, fault: 'loss', rate: 0.2 };
    default:
      throw new Refusal(`Pick what happens: ${FAULTS.map((f) => f.label.toLowerCase()).join(', ')}.`);
  }
}
