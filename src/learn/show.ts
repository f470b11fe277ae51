/** A question put to somebody with what belongs to it: of one made from a run, the picture up to its moment. */
import type { Block } from '../chat.ts';
import type { Draw } from '../draw/index.ts';
import { instant, type Summary } from '../sim/summary.ts';
import { ParamError } from '../sim/words.ts';
import type { Asked } from './index.ts';
import { questionBlocks } from './present.ts';
import type { Question } from './question.ts';

interface Tools {
  readonly draw: Draw;
}

/** within what every platform accepts as alt text */
const ALT = 950;

export async function asking(asked: Asked, tools: Tools, notice?: string): Promise<Block[]> {
  return [...(await momentBlocks(asked.question, tools)), ...questionBlocks(asked, notice)];
}

/** The run up to the moment asked about. Nothing for a question of the bank. Throws ParamError where it cannot be drawn. */
export async function momentBlocks({ moment }: Question, { draw }: Tools): Promise<Block[]> {
  if (moment === undefined) return [];
  const { recipe, until } = moment;
  const { picture, summary } = await draw.timeline(recipe, { until });
  return [
    {
      kind: 'image',
      name: `${recipe.scenario}-${recipe.preset}-until-${Math.round(until / 1000)}ms.png`,
      bytes: picture.bytes,
      mime: picture.mime,
      alt: told(`${summary.title}, up to ${instant(until)}.`, summary),
      title: `${summary.title}, up to ${instant(until)}`,
    },
  ];
}

/** The rest of it, once answered. A picture that cannot be drawn now is left out: the answer is what counts. */
export async function wholeBlocks({ moment }: Question, { draw }: Tools): Promise<Block[]> {
  if (moment === undefined) return [];
  const { recipe } = moment;
  try {
    const { picture, summary } = await draw.timeline(recipe);
    return [
      {
        kind: 'image',
        name: `${recipe.scenario}-${recipe.preset}.png`,
        bytes: picture.bytes,
        mime: picture.mime,
        alt: told(`${summary.title}: ${summary.headline}.`, summary),
        title: summary.headline,
      },
    ];
  } catch (error) {
    if (error instanceof ParamError) return [];
    throw error;
  }
}

function told(head: string, { story }: Summary): string {
  let words = head;
  for (const sentence of story) {
    if (words.length + sentence.length + 3 > ALT) return `${words}\n…`;
    words += `\n${sentence}`;
  }
  return words;
}
