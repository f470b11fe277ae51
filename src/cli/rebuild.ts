import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '../config.ts';
import { openStore, StoreError } from '../store/index.ts';
import { DONE, main, put, UsageError } from './command-line.ts';

/**
 * `npm run -s rebuild`: leaderboards, activity and streaks once more from the log of answers, in the store DATABASE_URL
 * names. The log itself is not touched. Answers given meanwhile wait, so stop the bot first where there are millions.
 */
await main(async (argv) => {
  parseArgs({ args: argv, options: {} });
  const { url, store } = await open();
  try {
    const from = Date.now();
    const { answers, standings } = await store.ranking.rebuild();
    put(
      `${url}: ${answers} answers, ${standings} standings, ${((Date.now() - from) / 1000).toFixed(1)} s`,
      undefined,
    );
  } finally {
    await store.close();
  }
  return DONE;
});

async function open() {
  try {
    const { DATABASE_URL: url } = readConfig({ DATABASE_URL: process.env.DATABASE_URL });
    return { url, store: await openStore(url) };
  } catch (error) {
    if (error instanceof StoreError) throw new UsageError(`DATABASE_URL: ${error.message}`);
    if (error instanceof ConfigError) throw new UsageError(error.message);
    throw error;
  }
}
