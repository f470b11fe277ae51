/**
 * Answers questions for ever, and writes the name of each answer to stdout once it is acknowledged. Run as a process
 * of its own so that it can be killed without warning: `node answering.mjs <database url> <run>`.
 */
import { createBank, createLearning } from '../../src/learn/index.ts';
import { parseQuestion } from '../../src/learn/parse.ts';
import { openStore } from '../../src/store/index.ts';
import { written } from './questions.ts';

const [url = '', run = ''] = process.argv.slice(2);
const store = await openStore(url);
const bank = createBank([parseQuestion(written.choice, 'q.md')]);
const learning = createLearning({ store, bank });
const person = { platform: 'page', space: 'page', id: 'ana', name: 'Ana' } as const;
const learner = await store.learners.of(person, 0);

for (let i = 0; ; i++) {
  const now = Number(run) * 86_400_000 + i * 1000;
  const asked = await learning.drill(learner, ['one-vote'], now);
  if (!asked) throw new Error('nothing to answer');
  const event = `${run}-${i}`;
  // Each answer is delivered twice, as a platform does that is unsure.
  for (let delivery = 0; delivery < 2; delivery++) {
    await learning.answer(
      asked,
      { kind: 'choice', option: i % 3 },
      { learner, scope: 'page:page', event, now },
    );
    process.stdout.write(`${event}\n`);
  }
}
