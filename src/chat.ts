/**
 * The words the core and the adapters share. Imports nothing.
 *
 * An adapter turns what its platform sends into an `Incoming`, asks the bot for a `Plan` (how to acknowledge, at
 * once), acknowledges, then asks for the `Reply` and shows it. It decides nothing else.
 */

export type Platform = 'page' | 'discord' | 'slack';

/** Where something is said. `space` is a Discord server, a Slack workspace or the page; a direct message has `direct`. */
export interface Place {
  readonly platform: Platform;
  readonly space: string;
  readonly channel: string;
  /** inside a thread of that channel */
  readonly thread?: string;
  readonly direct?: boolean;
}

export interface Person {
  readonly platform: Platform;
  readonly space: string;
  readonly id: string;
  readonly name: string;
  /** may set up schedules for the channel: the platform's own notion of a manager */
  readonly manages?: boolean;
}

interface Heard {
  /** the platform's own id of this event: the same delivery twice has the same id */
  readonly id: string;
  readonly place: Place;
  readonly person: Person;
  /** where it was said in the person's language, BCP 47, where the platform tells */
  readonly locale?: string;
  /** the zone their device or profile is in, IANA, where the platform tells; where somebody new begins */
  readonly timezone?: string;
}

export type Incoming = Heard &
  (
    | {
        readonly kind: 'command';
        readonly name: string;
        /** typed options (Discord), `sub` first where there is one … */
        readonly options?: Readonly<Record<string, string | number | boolean>>;
        readonly sub?: string;
        /** … or what was typed after the name (Slack, page) */
        readonly line?: string;
        /** files handed in with the command, by option name */
        readonly files?: Readonly<Record<string, HandedFile>>;
      }
    /** a button; `message` names the message it sits on */
    | { readonly kind: 'press'; readonly action: string; readonly message?: string }
    | {
        readonly kind: 'choose';
        readonly action: string;
        readonly values: readonly string[];
        readonly message?: string;
      }
    /** a form handed in; fields by name, a list for several choices */
    | {
        readonly kind: 'submit';
        readonly action: string;
        readonly fields: Readonly<Record<string, string | readonly string[]>>;
        readonly message?: string;
      }
    /** the bot was mentioned or written to; the mention itself is removed */
    | { readonly kind: 'say'; readonly text: string }
    /** the person opened the bot's own page (Slack's App Home) */
    | { readonly kind: 'home' }
  );

export interface HandedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** How the adapter acknowledges, before any work is done. */
export type Plan =
  /** a new message for everybody; `private` for the person alone */
  | { readonly how: 'reply'; readonly private: boolean }
  /** the message the button or select sits on will be changed in place */
  | { readonly how: 'update' }
  /** a form opens now; the bot has it ready without waiting for anything */
  | { readonly how: 'form'; readonly form: Form }
  /** nothing will be shown */
  | { readonly how: 'nothing' };

export interface Reply {
  readonly blocks: readonly Block[];
  /** for the person alone. Where the plan said public and the reply is private (an error), the adapter makes it so. */
  readonly private?: boolean;
  /** open a thread of this title under the reply and post there too */
  readonly thread?: { readonly title: string; readonly first: readonly Block[] };
  /** kept with the message, so that a repeated post can be recognised (Discord nonce, Slack metadata); at most 25 characters */
  readonly marker?: string;
}

export type Block =
  /**
   * Markdown: paragraphs, **bold**, *italic*, `code`, lists, > quotes, [links](https://…). No headings, no tables, no
   * HTML. `{time:1763800000000}` is a moment (epoch ms) that each reader sees in their own zone, see `moment`;
   * `{channel:123}` a channel by its id, which each platform shows by its name, see `channelMark`.
   */
  | { readonly kind: 'text'; readonly markdown: string }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'code'; readonly source: string; readonly language?: string }
  /** `alt` tells the whole story in words */
  | {
      readonly kind: 'image';
      readonly name: string;
      readonly bytes: Uint8Array;
      readonly mime: ImageType;
      readonly alt: string;
      readonly title?: string;
    }
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Uint8Array; readonly title?: string }
  | { readonly kind: 'buttons'; readonly buttons: readonly Button[] }
  | {
      readonly kind: 'select';
      readonly action: string;
      readonly placeholder: string;
      readonly options: readonly Option[];
      readonly min?: number;
      readonly max?: number;
    }
  /** small grey print under the rest */
  | { readonly kind: 'aside'; readonly markdown: string };

export type ImageType = 'image/png' | 'image/gif';

export interface Button {
  /** at most 100 characters: who handles it and the recipe or id it needs, `simulate:step:9f3k2:+1` */
  readonly action: string;
  readonly label: string;
  readonly style?: 'primary' | 'danger';
  readonly disabled?: boolean;
}

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly description?: string;
}

export interface Form {
  /** at most 100 characters, as a button's */
  readonly action: string;
  readonly title: string;
  readonly submit?: string;
  readonly fields: readonly Field[];
}

export type Field = {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly required?: boolean;
} & (
  | { readonly kind: 'line' | 'paragraph'; readonly value?: string; readonly maxLength?: number }
  | {
      readonly kind: 'one' | 'several';
      readonly options: readonly Option[];
      readonly value?: readonly string[];
    }
);

/** A message the bot has posted: enough to change it later or to look for it. */
export interface Posted {
  readonly place: Place;
  readonly message: string;
}

/** What the core may ask of an adapter without anybody having spoken. */
export interface Outbox {
  readonly platform: Platform;
  post(place: Place, reply: Reply): Promise<Posted>;
  edit(posted: Posted, reply: Reply): Promise<void>;
  /** a message to one person alone; undefined where they do not accept any */
  direct(person: Person, reply: Reply): Promise<Posted | undefined>;
  /** the message with that marker in the channel's recent history */
  find(place: Place, marker: string): Promise<Posted | undefined>;
  /** posts a second the platform takes from all of the bot together; undefined where it sets no limit */
  readonly pace?: number;
  /** what this adapter itself keeps of a person's conversation: the page, which has no platform to keep it */
  readonly history?: {
    about(person: Person): Promise<readonly object[]>;
    forget(person: Person): Promise<void>;
  };
  /** undefined if the bot may post there, else which permission or membership is missing, in words */
  obstacle(place: Place): Promise<string | undefined>;
}

export const text = (markdown: string): Block => ({ kind: 'text', markdown });
/** A moment in the words of a text: each reader sees it as their own clock shows it. */
export const moment = (at: number): string => `{time:${Math.round(at)}}`;
/** a moment as it stands in Markdown; its first group is epoch ms */
export const MOMENT = /\{time:(\d{1,15})\}/;
/** A channel in the words of a text, by its id. */
export const channelMark = (id: string): string => `{channel:${id}}`;
/** a channel as it stands in Markdown; its first group is the id */
export const CHANNEL = /\{channel:([^\s{}]{1,80})\}/;
export const heading = (words: string): Block => ({ kind: 'heading', text: words });
export const code = (source: string, language?: string): Block => ({ kind: 'code', source, language });
export const aside = (markdown: string): Block => ({ kind: 'aside', markdown });
export const buttons = (...list: readonly Button[]): Block => ({ kind: 'buttons', buttons: list });
export const reply = (...blocks: readonly Block[]): Reply => ({ blocks });
export const privately = (...blocks: readonly Block[]): Reply => ({ blocks, private: true });

/** moments and channels written out */
const written = (markdown: string): string =>
  markdown
    .replace(new RegExp(MOMENT, 'g'), (_, at: string) => utc(Number(at)))
    .replace(new RegExp(CHANNEL, 'g'), '#$1');

/** Plain words of a reply, for logs' counterparts: alt text, notifications, tests. */
export const plain = (blocks: readonly Block[]): string => blocks.map(plainWords).join('\n');

function plainWords(b: Block): string {
  switch (b.kind) {
    case 'text':
    case 'aside':
      return written(b.markdown);
    case 'heading':
      return b.text;
    case 'code':
      return b.source;
    case 'image':
      return b.alt;
    case 'file':
      return b.title ?? b.name;
    case 'buttons':
      return b.buttons.map((x) => `[${x.label}]`).join(' ');
    case 'select':
      return `(${b.placeholder}: ${b.options.map((o) => o.label).join(' | ')})`;
  }
}

/** `2026-11-22 09:00 UTC`, where no reader's zone is known */
export const utc = (at: number): string =>
  Number.isNaN(new Date(at).getTime())
    ? ''
    : `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What an adapter registers and completes; derived from the command definitions. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** where there are verbs, `options` is empty */
  readonly verbs?: readonly {
    readonly name: string;
    readonly summary: string;
    readonly options: readonly OptionSpec[];
  }[];
}

export interface OptionSpec {
  readonly name: string;
  readonly summary: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'file' | 'channel' | 'member';
  readonly required: boolean;
  readonly min?: number;
  readonly max?: number;
  /** a fixed list of at most 25 */
  readonly choices?: readonly string[];
  /** ask `Bot.complete` while the person types */
  readonly completes: boolean;
}

/** The bot as adapters see it. */
export interface Bot {
  readonly commands: readonly CommandSpec[];
  /** At once, from the definitions alone: no store, no work. Never throws. */
  plan(incoming: Incoming): Plan;
  /**
   * The answer; undefined when there is nothing to show (this delivery was handled before, or `plan` was `form` or
   * `nothing`). Never rejects: what goes wrong becomes a private reply in plain words. Deliveries of one
   * conversation (a thread; in a channel, one person) are handled in the order they came.
   */
  handle(incoming: Incoming): Promise<Reply | undefined>;
  /** what could follow what was typed; never rejects */
  complete(request: Completion): Promise<readonly Option[]>;
}

export interface Completion {
  readonly name: string;
  readonly sub?: string;
  readonly option: string;
  readonly typed: string;
  /** the options typed before it, where the platform tells: presets depend on the scenario */
  readonly given?: Readonly<Record<string, string>>;
  readonly person: Person;
  readonly place: Place;
}

/** A running adapter. */
export interface Adapter extends Outbox {
  /** connected and ready to answer */
  ready(): boolean;
  close(): Promise<void>;
}

/** What an adapter needs of a logger; pino fits. */
export interface Log {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
