import type { Card } from '../store/index.ts';
import type { Memory } from './memory.ts';
import type { Question } from './question.ts';

/**
 * Which questions to put: those never met, in random order; then those met, the most forgotten first. A question
 * does not come twice before all have come once. Shown from the easier to the harder.
 */
export function choose(
  candidates: readonly Question[],
  cards: readonly Card[],
  count: number,
  memory: Memory,
  now: number,
  random: () => number,
): readonly Question[] {
  const met = new Map(cards.map((card) => [card.question, card]));
  const fresh = candidates.filter((q) => !met.has(q.id));
  for (let i = fresh.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [fresh[i], fresh[j]] = [fresh[j]!, fresh[i]!];
  }
  const known = candidates
    .filter((q) => met.has(q.id))
    .map((q) => ({ q, recall: memory.recall(met.get(q.id)!, now) }))
    .sort((a, b) => a.recall - b.recall || (a.q.id < b.q.id ? -1 : 1))
    .map(({ q }) => q);
  return [...fresh, ...known].slice(0, count).sort((a, b) => a.level - b.level);
}

/** Generators as questions are chosen; each may come again, since its run is another one. */
export function chooseGenerators<G extends { readonly id: string }>(
  generators: readonly G[],
  cards: readonly Card[],
  count: number,
  memory: Memory,
  now: number,
  random: () => number,
): readonly G[] {
  if (generators.length === 0) return [];
  const met = new Map(cards.map((card) => [card.question, card]));
  const order = generators
    .map((generator) => {
      const card = met.get(generator.id);
      return { generator, recall: card === undefined ? -1 : memory.recall(card, now), chance: random() };
    })
    .sort((a, b) => a.recall - b.recall || a.chance - b.chance);
  return Array.from({ length: count }, (_, i) => order[i % order.length]!.generator);
}

/** The cards most at risk of being forgotten first: with a backlog, these are the ones worth the time. */
export function triage(cards: readonly Card[], memory: Memory, now: number): readonly Card[] {
  return cards
    .map((card) => ({ card, recall: memory.recall(card, now) }))
    .sort((a, b) => a.recall - b.recall || a.card.due - b.card.due)
    .map(({ card }) => card);
}
