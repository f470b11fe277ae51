import { defineConfig } from 'drizzle-kit';

/** `npx drizzle-kit generate --name what-changed` after a change of the schema; applied when the bot starts. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './src/store/schema.ts',
  out: './src/store/drizzle',
});
