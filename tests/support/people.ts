import { expect } from 'vitest';
import { createBot } from '../../src/bot.ts';
import {
  type Bot,
  type Button,
  type Form,
  type Incoming,
  type Log,
  type Outbox,
  type Platform,
  plain,
  type Reply,
} from '../../src/chat.ts';
import type { Command, Tools } from '../../src/commands/command.ts';
import type { Draw, ForecastView, ProgressView, RankingView } from '../../src/draw/index.ts';
import { createBank, createLearning, type Learning } from '../../src/learn/index.ts';
import { parseQuestion } from '../../src/learn/parse.ts';
import { catalogue } from '../../src/sim/catalogue.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { written } from './questions.ts';

/** The bot on a real store, with people in front of it; pictures are kept as what would be drawn. */
export interface Site {
  readonly bot: Bot;
  readonly store: Store;
  readonly learning: Learning;
  readonly drawn: { ranking: RankingView[]; progress: ProgressView[]; forecast: ForecastView[] };
  /** what went wrong inside; must stay empty */
  readonly broken: string[];
}

export const bank = createBank(
  Object.entries(written).map(([kind, source]) => parseQuestion(source, `questions/x/${kind}.md`)),
);

export async function openSite(
  url: string,
  commands: readonly Command[],
  now: () => number,
  outbox: (platform: Platform) => Outbox | undefined = () => undefined,
): Promise<Site> {
  const store = await openStore(url);
  const broken: string[] = [];
  const drawn: Site['drawn'] = { ranking: [], progress: [], forecast: [] };
  const keep =
    <V>(list: V[]) =>
    async (view: V) => {
      list.push(view);
      return { bytes: new Uint8Array([1]), mime: 'image/png' as const, width: 1, height: 1 };
    };
  const draw: Partial<Draw> = {
    ranking: keep(drawn.ranking),
    progress: keep(drawn.progress),
    forecast: keep(drawn.forecast),
  };
  const learning = createLearning({ store, bank, failed: (error) => broken.push(String(error)) });
  const tools: Tools = {
    store,
    sims: catalogue([]),
    learning,
    draw: draw as Draw,
    now,
    random: () => 0.5,
    outbox,
    lessons: () => [],
  };
  const quiet = () => {};
  const log: Log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (details) => broken.push(String((details as { err?: Error }).err?.stack)),
  };
  return { bot: createBot(commands, tools, log), store, learning, drawn, broken };
}

let events = 0;

/** Somebody in front of one private message that changes in place. */
export class Somebody {
  readonly name: string;
  readonly platform: Platform;
  readonly site: () => Site;
  channel = 'general';
  direct = false;
  reply: Reply | undefined;
  last: Incoming | undefined;
  constructor(site: () => Site, name: string, platform: Platform = 'page') {
    this.site = site;
    this.name = name;
    this.platform = platform;
  }

  get space(): string {
    return this.platform === 'page' ? 'page' : 'g1';
  }

  async hear(what: object): Promise<string> {
    const { platform, space, name, channel, direct } = this;
    const place = { platform, space, channel, ...(direct && { direct }) };
    const person = { platform, space, id: name, name };
    this.last = { id: `p${++events}`, place, person, ...what } as Incoming;
    this.reply = await this.site().bot.handle(this.last);
    return this.sees;
  }

  get sees(): string {
    return plain(this.reply?.blocks ?? []);
  }

  get buttons(): readonly Button[] {
    return (this.reply?.blocks ?? []).flatMap((b) => (b.kind === 'buttons' ? b.buttons : []));
  }

  file(ending: string): string {
    const found = (this.reply?.blocks ?? []).find((b) => b.kind === 'file' && b.name.endsWith(ending));
    return found?.kind === 'file' ? new TextDecoder().decode(found.bytes) : '';
  }

  says = (line: string) => {
    const [name = '', ...rest] = line.slice(1).split(' ');
    return this.hear({ kind: 'command', name, line: rest.join(' ') });
  };

  button(label: string): Button {
    const found = this.buttons.find((b) => b.label === label);
    if (!found) throw new Error(`no button ${label} in\n${this.sees}`);
    return found;
  }

  press = (label: string) => this.hear({ kind: 'press', action: this.button(label).action });

  form(label: string): Form {
    const plan = this.site().bot.plan({
      ...this.last!,
      kind: 'press',
      action: this.button(label).action,
    } as Incoming);
    if (plan.how !== 'form') throw new Error(`${label} opens no form`);
    return plan.form;
  }

  /** hands in the form with what it began with, changed in these fields */
  async fill(label: string, changed: Record<string, string | string[]>): Promise<string> {
    const { action, fields } = this.form(label);
    const begun = Object.fromEntries(
      fields.flatMap((f) => (f.value === undefined ? [] : [[f.name, f.value]])),
    );
    return this.hear({ kind: 'submit', action, fields: { ...begun, ...changed } });
  }

  async learner() {
    const { platform, space, name } = this;
    const found = await this.site().store.learners.find({ platform, space, id: name });
    expect(found).toBeDefined();
    return found!;
  }

  /** answers the question of level 2 */
  async answers(right: boolean): Promise<void> {
    await this.says('/quiz consensus level=2 count=1');
    const line = this.sees.split('\n').find((l) => /^\*\*[A-E]\*\* One$/.test(l));
    await this.press(right ? line!.charAt(2) : 'I don’t know');
  }
}
