import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIMITS as DISCORD } from '../adapters/discord/limits.ts';
import { plain } from '../src/chat.ts';
import { loadSimulations, projectRoot } from '../src/content.ts';
import { answerForm, marksForm } from '../src/learn/forms.ts';
import { type Asked, loadBank } from '../src/learn/index.ts';
import { shuffled } from '../src/learn/judge.ts';
import { questionBlocks } from '../src/learn/present.ts';
import type { Question } from '../src/learn/question.ts';
import { missing, recipeOf } from '../src/learn/recipe.ts';

/**
 * What every question must be. That it parses at all, with its kind's counts, is the parser's: a file it refuses is
 * listed here by file and line.
 */
const bank = await loadBank(join(projectRoot, 'questions'));

/** the largest numbers an ask will ever have */
const SESSION = 9_999_999_999;
const POSITION = 99;

const asked = (question: Question): Asked => ({
  ask: {
    session: { id: SESSION, learner: 1, mode: 'review', questions: [], filter: {}, at: 0 },
    position: POSITION,
    question: question.id,
    at: 0,
    hinted: true,
  },
  question,
  shown: shuffled(question, `${SESSION}.${POSITION}`),
  worth: 50,
});

/** Fails with one line a fault, so that all of them can be mended at once. */
function each(check: (question: Question) => readonly (string | false | undefined)[]): void {
  const faults = bank.questions.flatMap((q) =>
    check(q)
      .filter((words) => typeof words === 'string')
      .map((words) => `${q.file}: ${words}`),
  );
  expect(faults).toEqual([]);
}

describe('questions', () => {
  it('are all read: well-formed, named after their file and folder, ids unique', () => {
    expect(bank.problems).toEqual([]);
    expect(bank.questions.length).toBeGreaterThan(0);
  });

  it('cover every kind and level', () => {
    const kinds = new Set(bank.questions.map((q) => q.kind));
    expect([...kinds].sort()).toEqual(['choice', 'multi', 'number', 'order', 'text']);
    expect([...new Set(bank.questions.map((q) => q.level))].sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it('name sources that can be looked up', () => {
    each((q) =>
      q.sources.map(
        (s) => (s.trim().length < 8 || !/\d|https?:/.test(s)) && `the source "${s}" says too little`,
      ),
    );
  });

  it('use only what every platform can show', () => {
    each((q) =>
      [q.prompt, q.explanation].flatMap((markdown) => {
        const words = markdown.replace(/```[\s\S]*?```/g, '').replace(/`[^`]*`/g, '');
        return [
          /^#/m.test(words) && 'no headings in prompt or explanation',
          /^\s*\|.*\|\s*$/m.test(words) && 'no tables in prompt or explanation',
          /<\/?[a-z][^>]*>/i.test(words) && 'no HTML in prompt or explanation',
          /!\[/.test(words) && 'no pictures in prompt or explanation',
        ];
      }),
    );
  });

  it('fit in one message, their buttons and forms within the platforms’ limits', () => {
    each((q) => {
      const of = asked(q);
      const blocks = questionBlocks(of);
      const words = [SESSION, POSITION, q.id].map(String);
      const forms = [answerForm(words, bank), marksForm(words, bank)].filter((f) => f !== undefined);
      const ids = [
        ...blocks.flatMap((b) => (b.kind === 'buttons' ? b.buttons.map((x) => x.action) : [])),
        ...forms.map((f) => f.action),
      ];
      const said = plain(blocks.filter((b) => b.kind !== 'buttons')).length;
      return [
        said > 1800 && `prompt and choices are ${said} characters, at most 1800`,
        q.explanation.length > 1300 && `the explanation is ${q.explanation.length} characters, at most 1300`,
        ...ids.map((id) => id.length > DISCORD.customId && `the action ${id} is too long`),
        ...forms.flatMap((form) => [
          form.title.length > 24 && `the form's title "${form.title}" is too long`,
          ...form.fields.flatMap((field) => [
            field.label.length > DISCORD.fieldLabel && `the label "${field.label}" is too long`,
            (field.hint?.length ?? 0) > DISCORD.fieldHint && `the hint "${field.hint}" is too long`,
            ...('options' in field
              ? field.options.map(
                  (o) =>
                    (o.label.length > 75 || (o.description?.length ?? 0) > 75) && `"${o.label}" is too long`,
                )
              : []),
          ]),
        ]),
      ];
    });
  });

  it('show what they say when their run is simulated', async () => {
    const sims = await loadSimulations();
    each((q) => {
      if (q.run === undefined) return [];
      try {
        return missing(q.shows, sims.run(recipeOf(q.run, sims)));
      } catch (error) {
        return [`run: ${(error as Error).message}`];
      }
    });
  });
});
