import { afterAll, beforeAll } from 'vitest';
import { adapterContract } from './contracts/adapter.ts';
import { chat, type Studio, studio } from './support/page-driver.ts';

let at: Studio;
beforeAll(async () => {
  at = await studio();
}, 120_000);
afterAll(async () => {
  await at?.close();
});

adapterContract({ name: 'page', start: async (bot) => chat(at, await at.serve(bot)) });
