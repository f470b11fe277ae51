import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { type PageOptions, startPage } from '../../adapters/page/index.ts';
import type { Adapter, Bot, Log } from '../../src/chat.ts';
import type { Chat, ChatPerson, Seen } from '../contracts/adapter.ts';
import { bundleClient, launchBrowser } from './browser.ts';

export const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A browser with the page's client bundled from source, shared by the tests of one file. */
export interface Studio {
  readonly browser: Browser;
  readonly client: string;
  serve(bot: Bot, more?: Partial<PageOptions>): Promise<Adapter & { readonly url: string }>;
  close(): Promise<void>;
}

export async function studio(): Promise<Studio> {
  const client = mkdtempSync(path.join(tmpdir(), 'quorum-page-'));
  const [browser] = await Promise.all([launchBrowser(), bundleClient(client)]);
  return {
    browser,
    client,
    serve: (bot, more) =>
      startPage({
        bot,
        log: quiet,
        host: '127.0.0.1',
        port: 0,
        secret: 'a secret for tests',
        client,
        ...more,
      }),
    async close() {
      await browser.close();
      rmSync(client, { recursive: true, force: true });
    },
  };
}

/** Somebody with a browser of their own, who has chosen a name. */
export async function visitor(
  browser: Browser,
  url: string,
  name: string,
  options?: BrowserContextOptions,
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel('What should we call you?').fill(name);
  await page.getByRole('button', { name: 'Come in' }).click();
  await composer(page).waitFor();
  return page;
}

export const composer = (page: Page): Locator => page.getByRole('combobox', { name: /^Message/ });

export async function write(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}

/** What a chat adapter's contract needs of a person, done with mouse and keys in the real page. */
export function chat(studioOf: Studio, adapter: Adapter & { readonly url: string }): Chat {
  const people = new Map<string, ChatPerson>();
  const pages: Promise<Page>[] = [];
  return {
    adapter,
    person(name) {
      let person = people.get(name);
      if (!person) {
        const page = visitor(studioOf.browser, adapter.url, name);
        pages.push(page);
        person = driver(page);
        people.set(name, person);
      }
      return person;
    },
    async close() {
      for (const page of await Promise.all(pages)) await page.context().close();
      await adapter.close();
    },
  };
}

function driver(opening: Promise<Page>): ChatPerson {
  let last: string | undefined;
  const ready = opening.then((page) => {
    page.on('request', (request) => {
      if (request.url().endsWith('/api/event')) last = request.postData() ?? undefined;
    });
    return page;
  });
  const inThreads = new Map<string, Seen>();
  // a thread begins with a copy of the message it hangs on
  const article = (page: Page, message: Seen) =>
    page.locator(`${message.thread ? 'aside' : 'main'} article[data-id="${message.id}"]`);
  return {
    command: async (line) => write(await ready, line),
    mention: async (words) => write(await ready, `@quorum ${words}`),
    async press(message, label) {
      await article(await ready, message)
        .getByRole('button', { name: label, exact: true })
        .click();
    },
    async choose(message, values) {
      for (const value of values)
        await article(await ready, message)
          .locator(`[data-value="${value}"]`)
          .click();
    },
    async form() {
      const dialog = (await ready).getByRole('dialog');
      await dialog.waitFor();
      const fields = await dialog
        .locator('[data-field]')
        .evaluateAll((all) => all.map((f) => f.getAttribute('data-field') ?? ''));
      return { title: await dialog.getByRole('heading').innerText(), fields };
    },
    async submit(fields) {
      const dialog = (await ready).getByRole('dialog');
      for (const [name, value] of Object.entries(fields))
        await dialog.locator(`[data-field="${name}"]`).getByRole('textbox').fill(value);
      await dialog.getByRole('button', { name: 'Send' }).click();
      await dialog.waitFor({ state: 'detached' });
    },
    async redeliver() {
      await (await ready).evaluate(
        (body) =>
          fetch('/api/event', { method: 'POST', headers: { 'content-type': 'application/json' }, body }).then(
            (r) => r.text(),
          ),
        last,
      );
    },
    async sees(enough) {
      const page = await ready;
      const until = Date.now() + 15_000;
      for (;;) {
        const threads = page.locator('main .thread-link');
        for (let i = 0; i < (await threads.count()); i++) {
          await threads.nth(i).click();
          await page.locator('aside article.bot[data-thread]').first().waitFor();
          for (const seen of await read(page, 'aside article.bot[data-thread]')) inThreads.set(seen.id, seen);
        }
        const seen = [...(await read(page, 'main article.bot')), ...inThreads.values()];
        if (enough(seen) || Date.now() > until) return seen;
        await page.waitForTimeout(50);
      }
    },
  };
}

async function read(page: Page, articles: string): Promise<Seen[]> {
  const found = await page.locator(articles).evaluateAll(async (all) =>
    Promise.all(
      all.map(async (element) => {
        const texts = (selector: string) =>
          [...element.querySelectorAll(selector)].map((e) => e.textContent ?? '');
        const images = [...element.querySelectorAll('img')].map(async (img) => {
          const bytes = await (await fetch(img.src)).arrayBuffer();
          return { name: img.dataset.name ?? '', alt: img.alt, bytes: [...new Uint8Array(bytes)] };
        });
        return {
          id: element.getAttribute('data-id') ?? '',
          text: texts('.body > :not(header)').join('\n'),
          private: element.classList.contains('private'),
          buttons: texts('.buttons button'),
          options: texts('.options .label'),
          thread: element.getAttribute('data-thread') ?? undefined,
          edited: element.querySelector('.edited') !== null,
          images: await Promise.all(images),
        };
      }),
    ),
  );
  return found.map((f) => ({
    ...f,
    images: f.images.map((i) => ({ ...i, bytes: Uint8Array.from(i.bytes) })),
  }));
}
