/**
 * What the page's server and its client say to each other. Types only: the client is bundled for browsers.
 */
import type { CommandSpec, Form, Option } from '../../src/chat.ts';

/** Marked-up words as a tree of known tags; the client builds elements from it and never parses markup. */
export type Words = string | Marked;
export interface Marked {
  readonly tag:
    | 'p'
    | 'strong'
    | 'em'
    | 's'
    | 'code'
    | 'pre'
    | 'ul'
    | 'ol'
    | 'li'
    | 'blockquote'
    | 'a'
    | 'br'
    | 'time';
  readonly has?: readonly Words[];
  /** of an `a`: http or https only */
  readonly href?: string;
  /** of a `time`: epoch ms, shown as the reader's own clock does */
  readonly at?: number;
  /** of an `ol`: its first number */
  readonly start?: number;
}

export type WireBlock =
  | { readonly kind: 'text'; readonly words: readonly Words[] }
  | { readonly kind: 'aside'; readonly words: readonly Words[] }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'code'; readonly source: string; readonly language?: string }
  | {
      readonly kind: 'image';
      readonly name: string;
      readonly url: string;
      readonly alt: string;
      readonly title?: string;
      /** pixels, so that the page does not jump when it loads */
      readonly width?: number;
      readonly height?: number;
    }
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly url: string;
      readonly title?: string;
      readonly size: number;
    }
  | { readonly kind: 'buttons'; readonly buttons: readonly WireButton[] }
  | {
      readonly kind: 'select';
      readonly action: string;
      readonly placeholder: string;
      readonly options: readonly Option[];
      readonly min?: number;
      readonly max?: number;
    };

export interface WireButton {
  readonly action: string;
  readonly label: string;
  readonly style?: 'primary' | 'danger';
  readonly disabled?: boolean;
}

export interface Author {
  readonly id: string;
  readonly name: string;
  readonly bot?: boolean;
}

export interface Message {
  readonly id: string;
  /** the order in which messages were written, over the whole page */
  readonly seq: number;
  /** grows with each change; the higher one is the newer one */
  readonly rev: number;
  readonly channel: string;
  /** id of the message whose thread this stands in */
  readonly thread?: string;
  readonly from: Author;
  /** epoch milliseconds */
  readonly at: number;
  readonly edited?: boolean;
  /** only this person sees it */
  readonly to?: string;
  /** the client's id of the event this message says or answers */
  readonly event?: string;
  readonly blocks: readonly WireBlock[];
  /** what a person typed, to edit or repeat it; absent for the bot */
  readonly typed?: string;
  /** a thread hangs on this message */
  readonly replies?: {
    readonly title?: string;
    readonly count: number;
    /** those only the reader sees; absent where the message is sent to all */
    readonly own?: number;
  };
}

/** Work in progress, from the acknowledgement until the answer. */
export interface Busy {
  readonly id: string;
  readonly channel: string;
  readonly thread?: string;
  /** the message that will change in place */
  readonly message?: string;
  /** for whom */
  readonly person: string;
}

/** Server-sent events by name. `hello` comes first on each connection. */
export interface Events {
  hello: { readonly channels: readonly string[]; readonly busy: readonly Busy[]; readonly missed: boolean };
  message: Message;
  gone: { readonly id: string };
  busy: Busy;
  idle: { readonly id: string };
  channel: { readonly name: string };
  beat: Record<string, never>;
}

/** `GET /api/start`: everything needed to draw the page. */
export interface Start {
  readonly me: { readonly id: string; readonly name: string } | null;
  readonly commands: readonly CommandSpec[];
  readonly channels: readonly string[];
  readonly limits: { readonly text: number; readonly name: number; readonly file: number };
}

interface Event {
  /** made by the client; a repeated post has the same one and is handled once */
  readonly id: string;
}

export type ClientEvent = Event &
  (
    | { readonly kind: 'write'; readonly channel: string; readonly thread?: string; readonly text: string }
    | { readonly kind: 'press'; readonly message: string; readonly action: string }
    | {
        readonly kind: 'choose';
        readonly message: string;
        readonly action: string;
        readonly values: readonly string[];
      }
    | {
        readonly kind: 'submit';
        readonly message: string;
        readonly action: string;
        readonly seal: string;
        readonly fields: Readonly<Record<string, string | readonly string[]>>;
      }
  );

/** The acknowledgement of an event. */
export interface Ack {
  /** the person's own words as everybody sees them */
  readonly message?: Message;
  readonly form?: OpenForm;
}

/** `seal` proves, when the form comes back, that this person was given it on that message. */
export interface OpenForm {
  readonly form: Form;
  readonly message: string;
  readonly seal: string;
}

export interface Refused {
  readonly error: string;
  /** seconds until it is worth trying again */
  readonly retry?: number;
}

export interface CompletionQuery {
  readonly name: string;
  readonly sub?: string;
  readonly option: string;
  readonly typed: string;
  readonly given?: Readonly<Record<string, string>>;
  readonly channel: string;
  readonly thread?: string;
}

export interface History {
  /** oldest first */
  readonly messages: readonly Message[];
  readonly more: boolean;
}
