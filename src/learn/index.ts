/** Questions, answers, memory and ranking, over the store. */
export type Learning = Record<never, never>;
