/** What happens when a channel's question closes: every answer becomes a review, then the post shows how it went. */

import type { Simulations } from '../../sim/catalogue.ts';
import { ParamError } from '../../sim/words.ts';
import type { Schedule, Slot } from '../../store/index.ts';
import type { Given } from '../judge.ts';
import type { Question } from '../question.ts';
import { recipeOf } from '../recipe.ts';
import { type DailyTools, questionOf } from './post.ts';
import { closedBlocks, markerOf, orderOf } from './present.ts';

const MINUTE = 60_000;
/** attempts to show the end of a question: its message may have been deleted */
const TRIES = 6;

export interface CloseTools extends DailyTools {
  readonly sims: Simulations;
}

/** Grades and shows. Each step may be repeated after a crash: a review is kept once, and a message changed in place. */
export async function close(slot: Slot, tools: CloseTools): Promise<void> {
  const { store, learning, now, outbox, log } = tools;
  const schedule = await store.schedules.get(slot.schedule);
  const question = await questionOf(slot, learning);
  if (schedule === undefined || slot.message === undefined) return;
  if (slot.graded === undefined) {
    if (question !== undefined) await grade(slot, question, schedule, tools);
    await store.slots.graded(slot.id, now());
  }
  const out = outbox(schedule.place.platform);
  if (question === undefined) {
    await store.slots.shown(slot.id, now());
    return;
  }
  if (out === undefined) return;
  try {
    const answers = await store.slots.answers(slot.id);
    const blocks = await closedBlocks(slot, question, answers, await runOf(question, tools), tools);
    const posted = { place: schedule.place, message: slot.message };
    await out.edit(posted, { blocks, marker: markerOf(slot) });
    await store.slots.shown(slot.id, now());
  } catch (error) {
    log?.warn({ err: error, slot: slot.id }, 'a question could not be shown as closed');
    if (slot.tries >= TRIES) await store.slots.shown(slot.id, now());
    else await store.slots.lease(slot, now() + MINUTE * 2 ** slot.tries);
  }
}

/**
 * An answer counts when the question closes and not before, so that nothing (points, what is due) tells anybody in
 * time whether to change it. What is logged is the moment of the answer that stands, which is when it was recalled;
 * right only after a change is graded as hard. A text waits for its writer to mark it.
 */
async function grade(
  slot: Slot,
  question: Question,
  { place }: Schedule,
  { store, learning }: DailyTools,
): Promise<void> {
  const open = (await store.slots.answers(slot.id)).filter((answer) => answer.session === undefined);
  // Together, so that they share the store's syncs.
  await Promise.all(
    open.map(async ({ learner, name, given, at, day, changes }) => {
      const asked = await learning.posted(
        learner,
        slot.question ?? question.id,
        question,
        orderOf(slot.id),
        at,
      );
      const answer = given as Given;
      if (answer.kind === 'text') {
        const { ask } = await learning.draft(asked, answer.words);
        await store.slots.gradedIn(slot.id, learner, ask.session.id);
        return;
      }
      const { review } = await learning.answer(asked, answer, {
        learner: { id: learner, name },
        scope: `${place.platform}:${place.space}`,
        channel: place.channel,
        event: `daily ${slot.id} ${learner}`,
        now: at,
        kept: { day, changed: changes > 0 },
      });
      await store.slots.gradedIn(slot.id, learner, review.session ?? asked.ask.session.id);
    }),
  );
}

/** The id under which the question's run can be opened, where it has one. */
async function runOf(
  { moment, run }: Question,
  { sims, store, now }: CloseTools,
): Promise<string | undefined> {
  if (moment !== undefined) return store.runs.keep(moment.recipe, now());
  if (run === undefined) return undefined;
  try {
    return await store.runs.keep(recipeOf(run, sims), now());
  } catch (error) {
    if (error instanceof ParamError) return undefined;
    throw error;
  }
}
