import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encode as discord } from '../adapters/discord/encode.ts';
import { LIMITS as DISCORD } from '../adapters/discord/limits.ts';
import { messages, encode as slack } from '../adapters/slack/encode.ts';
import type { Block } from '../src/chat.ts';
import { loadSimulations, projectRoot } from '../src/content.ts';
import { closedBlocks, postBlocks } from '../src/learn/daily/present.ts';
import { createGenerators, loadBank } from '../src/learn/index.ts';
import type { Given } from '../src/learn/judge.ts';
import type { Question } from '../src/learn/question.ts';
import { stream } from '../src/sim/chance.ts';
import { generated } from '../src/sim/generated.ts';
import type { DailyAnswerBy, Slot } from '../src/store/index.ts';
import { fakeDraw } from './support/daily.ts';

/** A post is changed in place when it closes: what does not fit into one message would be posted again and again. */
const slot: Slot = {
  id: 12_345_678,
  schedule: 1,
  day: '2026-11-22',
  at: 0,
  closes: 1_795_348_800_000,
  question: 'x',
  lease: 0,
  tries: 0,
  message: 'm',
};

const answerTo = (question: Question): Given => {
  switch (question.kind) {
    case 'choice':
      return { kind: 'choice', option: 0 };
    case 'multi':
      return { kind: 'multi', options: [0, 1] };
    case 'order':
      return { kind: 'order', order: question.items.map((_, i) => i) };
    case 'number':
      return { kind: 'number', value: question.answer.value, written: 'it' };
    case 'text':
      return { kind: 'text', words: 'words '.repeat(300), covered: [] };
  }
};
const answers = (question: Question): DailyAnswerBy[] =>
  Array.from({ length: 40 }, (_, i) => ({
    slot: slot.id,
    learner: i,
    given: answerTo(question),
    at: 0,
    day: slot.day,
    changes: 0,
    name: `A person with a rather long name ${i}`,
    hidden: i % 9 === 0,
  }));

function fits(blocks: readonly Block[]): void {
  const { parts } = discord(blocks, { extras: 'first', marker: 'd2026-11-22-12345678' });
  expect(parts).toHaveLength(1);
  expect(parts[0]!.body.content.length).toBeLessThanOrEqual(DISCORD.text);
  expect(messages(slack(blocks, () => 'F1'))).toHaveLength(1);
}

describe('one message on every platform, posted and closed', async () => {
  const bank = await loadBank(join(projectRoot, 'questions'));
  const sims = await loadSimulations();
  const draw = fakeDraw(sims);
  const tools = { draw };
  const last = { slot: 1, tally: { answered: 40, right: 12 } };
  it.each(bank.questions.map((question) => ({ id: question.id, question })))('$id', async ({ question }) => {
    fits(await postBlocks(slot, question, last, tools));
    fits(await closedBlocks(slot, question, answers(question), 'abcdefg', tools));
  });

  const generators = createGenerators(sims, async (scenario, id, seed) =>
    generated(sims.get(scenario), id, seed),
  );
  it.each(generators.all)('$id', async ({ id }) => {
    const put = await generators.fresh(id, stream(7, id));
    const question = put === undefined ? undefined : await generators.question(put);
    expect(question?.kind).toBe('choice');
    fits(await postBlocks(slot, question!, last, tools));
    fits(await closedBlocks(slot, question!, answers(question!), 'abcdefg', tools));
  });
});
