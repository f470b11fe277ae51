import { aside, type Block, type Button, buttons, heading, type Reply, text } from '../chat.ts';
import type { Picture } from '../draw/index.ts';
import type { Recipe } from '../sim/scenario.ts';
import { type Figure, instant, type Summary, verdictLine } from '../sim/summary.ts';
import { action, type Context } from './command.ts';

/** What is shown of a run: the whole of it, one step, or beside another. */
export interface View {
  readonly step?: number;
  readonly against?: Recipe;
}

export async function show(recipe: Recipe, context: Context, view: View = {}): Promise<Reply> {
  const { picture, summary } = await context.draw.timeline(recipe, view);
  // Kept only once it has run: a recipe that cannot run gets no id.
  const id = await context.store.runs.keep(recipe, context.now());
  const other = view.against && (await context.draw.summary(view.against));
  const blocks: Block[] = [
    heading(`${summary.title}: ${summary.headline}`),
    image(recipe, picture, summary, other),
  ];
  if (summary.step) blocks.push(text(`**${instant(summary.step.at)}** ${summary.step.text}.`));
  blocks.push(text(verdicts(summary)));
  if (view.against && other)
    blocks.push(text(`Against ${rivalName(view.against)}: ${other.headline}\n${verdicts(other)}`));
  const figures = summary.metrics.filter((f) => Number.isFinite(f.value)).slice(0, 6);
  if (figures.length > 0) blocks.push(text(figures.map(figure).join(' · ')));
  if (summary.cut) blocks.push(text(`Note: ${summary.cut}.`));
  blocks.push(
    aside(
      `\`/simulate ${line(recipe)}\` · anyone can reopen it: \`/simulate ${id}\` · ${summary.recipeLine}`,
    ),
  );
  blocks.push(...(view.against ? [buttons(opener(id))] : controls(id, summary, view.step, recipe)));
  return { blocks };
}

export async function play(recipe: Recipe, context: Context): Promise<Reply> {
  const { picture, summary } = await context.draw.animation(recipe);
  const id = await context.store.runs.keep(recipe, context.now());
  return {
    blocks: [
      heading(`${summary.title}: ${summary.headline}`),
      image(recipe, picture, summary),
      aside(`\`/simulate ${line(recipe)} animate=on\` · ${summary.recipeLine}`),
      buttons(opener(id)),
    ],
  };
}

const opener = (id: string): Button => ({ action: action('simulate', 'open', id), label: 'Step through it' });

function image(recipe: Recipe, picture: Picture, summary: Summary, other?: Summary): Block {
  const name = `${recipe.scenario}-${recipe.preset}.${picture.mime === 'image/gif' ? 'gif' : 'png'}`;
  return {
    kind: 'image',
    name,
    bytes: picture.bytes,
    mime: picture.mime,
    alt: story(summary, other),
    title: summary.headline,
  };
}

/** What was violated, each with what was found; what holds, in one line. */
function verdicts({ verdicts: all }: Summary): string {
  const broken = all.filter((v) => !v.holds).map((v) => `${v.promised ? '✗' : '△'} ${verdictLine(v)}`);
  const holding = all.filter((v) => v.holds).map((v) => v.property);
  return [...broken, ...(holding.length > 0 ? [`✓ holds: ${holding.join(', ')}`] : [])].join('\n');
}

function controls(id: string, summary: Summary, step: number | undefined, recipe: Recipe): Block[] {
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
  const steps: Button[] = [to('◀ Step', back), to('Step ▶', next), to('Next turn ⏭', jump)];
  if (summary.step)
    steps.push({
      action: action('simulate', 'fault', id, step ?? 0, summary.step.at),
      label: 'Break something here',
    });
  steps.push({ action: action('simulate', 'seed', id), label: 'New seed', style: 'primary' });
  return [
    buttons(...steps),
    buttons(
      { action: action('simulate', 'animate', id), label: 'Animate' },
      { action: action('simulate', 'compare', id), label: 'Compare' },
      { action: action('simulate', 'lesson', recipe.scenario, 0), label: 'Lesson' },
      { action: action('simulate', 'quiz', recipe.scenario), label: 'Quiz me' },
    ),
  ];
}

/** The picture in words, within what every platform accepts as alt text; of two runs, both outcomes and the first's story. */
function story(summary: Summary, other?: Summary): string {
  const outcome = (s: Summary) => `${s.title}: ${s.headline}. ${s.recipeLine}.`;
  const head = other
    ? `Above: ${outcome(summary)}\nBelow: ${outcome(other)}\nAbove, step by step:`
    : outcome(summary);
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

/** A figure as one says it: shares in per cent, long times in seconds, its unit once. */
function figure({ name, value, unit }: Figure): string {
  const seconds = unit === 'ms' && Math.abs(value) >= 10_000;
  const [n, of] = seconds ? [value / 1000, 's'] : unit === 'share' ? [value * 100, '%'] : [value, unit];
  const rounded = Math.abs(n) >= 100 ? Math.round(n) : Number(n.toPrecision(3));
  const shown = rounded.toLocaleString('en-US', { maximumFractionDigits: 20 });
  const said = name.replaceAll('_', ' ').replace(/ (ms|s)$/, '');
  const unsaid = said.split(' ').includes(of) ? '' : of;
  const counted = rounded === 1 && unsaid.length > 2 ? unsaid.replace(/s(?=[ /]|$)/, '') : unsaid;
  return `${said} **${shown}${counted ? ` ${counted}` : ''}**`;
}

/** A twin has no command of its own: it is named beside the run it was made from. */
const rivalName = (recipe: Recipe): string =>
  recipe.twin === undefined ? `\`${line(recipe)}\`` : `the broken twin \`${recipe.twin}\``;

/** The command that shows this run again. */
function line(recipe: Recipe): string {
  const set = Object.entries(recipe.set).map(([name, value]) => ` ${name}=${value}`);
  return `${recipe.scenario} preset=${recipe.preset} seed=${recipe.seed}${set.join('')}`;
}
