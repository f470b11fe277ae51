import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileHistory } from '../adapters/page/index.ts';
import { type Bot, privately, type Reply, text } from '../src/chat.ts';
import { adapterContract, echoBot } from './contracts/adapter.ts';
import { chat, composer, type Studio, studio, visitor, write } from './support/page-driver.ts';

let at: Studio;
beforeAll(async () => {
  at = await studio();
}, 120_000);
afterAll(async () => {
  await at?.close();
});

adapterContract({ name: 'page', start: async (bot) => chat(at, await at.serve(bot)) });

/** The echo bot, with more to look at. */
function bot() {
  const echo = echoBot();
  const show = echo.handle;
  const handle: Bot['handle'] = async (incoming): Promise<Reply | undefined> => {
    if (incoming.kind === 'say' && incoming.text === 'private picture') {
      const reply = await show({ ...incoming, kind: 'command', name: 'show' });
      return privately(...reply!.blocks.filter((b) => b.kind === 'image'));
    }
    if (incoming.kind === 'say' && incoming.text === 'slow') {
      await new Promise((r) => setTimeout(r, 600));
      return { blocks: [text('took my time')] };
    }
    return show(incoming);
  };
  return { ...echo, handle };
}

const leave = (...pages: Page[]) => Promise.all(pages.map((page) => page.context().close()));
const said = (page: Page, words: string) =>
  page.getByRole('log', { name: 'Messages' }).getByText(words, { exact: true });

describe('the page', () => {
  it('lets two people see each other, in any channel, and keeps it over a reload and a restart', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'quorum-kept-'));
    const keep = () => fileHistory(path.join(folder, 'page.db'));
    const first = await at.serve(bot(), { keep: keep() });
    const port = Number(new URL(first.url).port);
    const ana = await visitor(at.browser, first.url, 'Ana');
    const ben = await visitor(at.browser, first.url, 'Ben');
    await write(ana, 'hello Ben');
    await said(ben, 'hello Ben').waitFor();
    await write(ben, '/echo hello Ana');
    await said(ana, '/echo hello Ana').waitFor();
    await said(ana, 'you said hello Ana').waitFor();
    await ana.getByRole('button', { name: 'Add a channel' }).click();
    await ana.getByRole('textbox', { name: 'Name' }).fill('System design');
    await ana.keyboard.press('Enter');
    await ana.getByRole('heading', { name: '#system-design' }).waitFor();
    await write(ana, 'over here');
    await ben.getByRole('link', { name: /system-design.*1 new/ }).click();
    await said(ben, 'over here').waitFor();
    await ben.reload();
    await said(ben, 'over here').waitFor();
    await first.close();
    const second = await at.serve(bot(), { keep: keep(), port });
    // nobody reloads: both find the new server by themselves
    await write(ana, 'still there?');
    await said(ben, 'still there?').waitFor();
    expect(await said(ben, 'over here').count()).toBe(1);
    await leave(ana, ben);
    await second.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('loses and doubles nothing when the connection breaks', async () => {
    const echo = bot();
    const server = await at.serve(echo);
    const ana = await visitor(at.browser, server.url, 'Ana');
    // the event arrives, its acknowledgement does not
    await ana.route(
      '**/api/event',
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      { times: 1 },
    );
    await write(ana, '/echo once');
    await said(ana, 'you said once').waitFor();
    await ana.context().setOffline(true);
    await ana.getByText('Connection lost.').waitFor();
    await write(ana, '/echo later');
    await ana.getByText('Kept. It is sent when the connection is back.').waitFor();
    await composer(ana).fill('a draft');
    await ana.context().setOffline(false);
    await said(ana, 'you said later').waitFor();
    // the banner; what was announced of it to screen readers may stay a while
    await ana.getByText('Connection lost. What you write is kept and sent').waitFor({ state: 'hidden' });
    for (const words of ['/echo once', 'you said once', '/echo later', 'you said later'])
      expect(await said(ana, words).count(), words).toBe(1);
    expect(echo.heard.map((h) => h.kind === 'command' && h.line)).toEqual(['once', 'later']);
    await ana.reload();
    await composer(ana).waitFor();
    expect(await composer(ana).inputValue()).toBe('a draft');
    await leave(ana);
    await server.close();
  });

  it('shows hostile names and words as they are', async () => {
    const server = await at.serve(bot());
    const name = '<img src=x onerror=alert(1)>';
    const ana = await visitor(at.browser, server.url, name);
    const ben = await visitor(at.browser, server.url, 'Ben');
    const alarms: string[] = [];
    for (const page of [ana, ben]) {
      page.on('dialog', (dialog) => alarms.push(dialog.message()));
      page.on('pageerror', (error) => alarms.push(error.message));
    }
    const attacks = [
      '<script>alert(2)</script>',
      '<svg onload=alert(3)>',
      '[click](javascript:alert(4))',
      '/echo <img src=x onerror=alert(5)> [x](data:text/html,hi)',
    ];
    for (const attack of attacks) await write(ana, attack);
    await said(ben, 'you said <img src=x onerror=alert(5)> [x](data:text/html,hi)').waitFor();
    for (const attack of attacks) expect(await said(ben, attack).count(), attack).toBe(1);
    expect(await ben.getByText(name, { exact: true }).count()).toBeGreaterThan(0);
    expect(await ben.locator('article :is(img, script, a, svg[onload], [onerror])').count()).toBe(0);
    expect(alarms).toEqual([]);
    await leave(ana, ben);
    await server.close();
  });

  it('is worked by keys alone: completion, a form, a picture, a thread', async () => {
    const server = await at.serve(bot());
    const ana = await visitor(at.browser, server.url, 'Ana');
    const box = composer(ana);
    const keys = async (...all: string[]) => {
      for (const key of all) await ana.keyboard.press(key);
    };
    const focused = () =>
      ana.locator(':focus').evaluate((e) => e.textContent || e.getAttribute('aria-label'));
    await box.focus();
    await ana.keyboard.type('/ec');
    await ana.getByRole('option', { name: '/echo Says it back.', selected: true }).waitFor();
    expect(await box.getAttribute('aria-expanded')).toBe('true');
    await keys('Enter');
    expect(await box.inputValue()).toBe('/echo ');
    await ana.getByText('words: words. What to say').waitFor();
    await ana.keyboard.type('hel');
    await ana.getByRole('option', { name: 'hel completed' }).waitFor();
    await keys('ArrowDown', 'Enter');
    expect(await box.inputValue()).toBe('/echo hel-completed ');
    await keys('Shift+Enter');
    expect(await box.inputValue()).toBe('/echo hel-completed \n');
    await keys('Backspace', 'Enter');
    await said(ana, 'you said hel-completed').waitFor();
    await ana.keyboard.type('/show');
    await keys('Enter');
    // the thread opened by one's own command opens beside it, ready to answer
    await ana.getByRole('combobox', { name: 'Reply in this thread' }).waitFor();
    await keys('Escape');
    await expect.poll(focused).toContain('The thread');
    for (let i = 0; i < 40 && !(await focused())?.startsWith('Write'); i++) await keys('Shift+Tab');
    await keys('Enter');
    const dialog = ana.getByRole('dialog', { name: 'Say it' });
    await dialog.waitFor();
    await ana.keyboard.type('by keys');
    await keys('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await focused()).toBe('Write');
    await keys('Enter');
    // what was filled in is still there
    expect(await dialog.getByRole('textbox', { name: 'Your words' }).inputValue()).toBe('by keys');
    await keys('Tab', 'Tab', 'Enter');
    await said(ana, 'wrote by keys').waitFor();
    expect(await ana.getByRole('article', { name: /only you can see this/ }).count()).toBe(1);
    for (let i = 0; i < 40 && !(await focused())?.startsWith('Open picture'); i++) await keys('Shift+Tab');
    await keys('Enter');
    const viewer = ana.getByRole('dialog', { name: 'Dot' });
    await viewer.getByRole('img', { name: 'one dot, and its story' }).waitFor();
    await viewer.getByText('one dot, and its story').waitFor();
    await keys('Escape');
    await viewer.waitFor({ state: 'detached' });
    expect(await focused()).toBe('Open picture: Dot');
    await leave(ana);
    await server.close();
  });

  it('shows that it works, and says so to a screen reader', async () => {
    const server = await at.serve(bot());
    const ana = await visitor(at.browser, server.url, 'Ana');
    await write(ana, '@quorum slow');
    await ana.getByText('Quorum is working on it').waitFor();
    await said(ana, 'took my time').waitFor();
    expect(await ana.getByText('Quorum is working on it').count()).toBe(0);
    for (const role of ['log', 'navigation', 'main', 'combobox', 'status'] as const)
      expect(await ana.getByRole(role).count(), role).toBeGreaterThan(0);
    const nameless = await ana
      .locator('button, a, input:not([hidden]), textarea, select, img')
      .evaluateAll((all) =>
        all
          .filter((e) => e.checkVisibility())
          .filter((e) => !(e.getAttribute('aria-label') ?? e.getAttribute('alt') ?? e.textContent)?.trim())
          .map((e) => e.outerHTML),
      );
    expect(nameless).toEqual([]);
    await leave(ana);
    await server.close();
  });

  it('follows the system in dark and light until told otherwise', async () => {
    const server = await at.serve(bot());
    const ana = await visitor(at.browser, server.url, 'Ana', { colorScheme: 'dark' });
    const paper = () => ana.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const dark = await paper();
    await ana.emulateMedia({ colorScheme: 'light' });
    const light = await paper();
    expect(dark).not.toBe(light);
    await ana.getByRole('button', { name: 'Colours: as the system. Change' }).click();
    await ana.getByRole('button', { name: 'Colours: light. Change' }).click();
    expect(await paper()).toBe(dark);
    await ana.reload();
    await ana.getByRole('button', { name: 'Colours: dark. Change' }).waitFor();
    expect(await paper()).toBe(dark);
    await leave(ana);
    await server.close();
  });

  it('keeps a private picture to its person', async () => {
    const server = await at.serve(bot());
    const [ana, ben] = [
      await visitor(at.browser, server.url, 'Ana'),
      await visitor(at.browser, server.url, 'Ben'),
    ];
    const stranger = await at.browser.newContext();
    const fetched = async (url: string) =>
      Promise.all(
        [ana.request, ben.request, stranger.request].map(async (who) => (await who.get(url)).status()),
      );
    const address = async (page: Page) =>
      server.url + (await page.locator('article img').first().getAttribute('src'));
    await write(ana, '@quorum private picture');
    await ana.locator('article img').waitFor();
    expect(await fetched(await address(ana))).toEqual([200, 404, 403]);
    await write(ben, '/show');
    await ben.locator('article img').first().waitFor();
    expect(await fetched(await address(ben))).toEqual([200, 200, 403]);
    await stranger.close();
    await leave(ana, ben);
    await server.close();
  });

  it('asks for its token first', async () => {
    const server = await at.serve(bot(), { token: 'open-sesame' });
    const context = await at.browser.newContext();
    const page = await context.newPage();
    await page.goto(server.url);
    await page.getByLabel('This page’s token').fill('wrong');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('alert').getByText('That is not the token of this page.').waitFor();
    await page.getByLabel('This page’s token').fill('open-sesame');
    await page.keyboard.press('Enter');
    await page.getByLabel('What should we call you?').waitFor();
    expect(new URL(page.url()).search).toBe('');
    await context.close();
    await server.close();
  });

  it('fits a phone: nothing wider than the screen, channels in a drawer, a thread in full', async () => {
    const server = await at.serve(bot());
    const ana = await visitor(at.browser, server.url, 'A very long name of 32 letters..', {
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    });
    const wide = () =>
      ana.evaluate<unknown[]>(`[
        document.documentElement.scrollWidth,
        ...[...document.querySelectorAll('main *, aside *')]
          .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('pre'))
          .filter((e) => e.getBoundingClientRect().right > window.innerWidth)
          .map((e) => e.outerHTML.slice(0, 80)),
      ]`);
    await write(ana, 'x'.repeat(300));
    await write(ana, `https://example.org/${'long/'.repeat(60)}`);
    await write(ana, '/show');
    await said(ana, 'A heading').waitFor();
    expect(await wide()).toEqual([390]);
    expect(await ana.getByRole('link', { name: 'raft' }).count()).toBe(0);
    await ana.getByRole('button', { name: 'Channels' }).click();
    await ana.getByRole('link', { name: 'raft' }).click();
    await ana.getByRole('heading', { name: '#raft' }).waitFor();
    await ana.goBack();
    await ana.getByRole('button', { name: /The thread/ }).click();
    await ana.getByRole('log', { name: 'Thread' }).getByText('in the thread').waitFor();
    expect(await wide()).toEqual([390]);
    expect(await ana.getByRole('heading', { name: '#general' }).count()).toBe(0);
    await ana.getByRole('button', { name: 'Close thread' }).click();
    await ana.getByRole('heading', { name: '#general' }).waitFor();
    await leave(ana);
    await server.close();
  });
});
