import type { z } from 'zod';
import type { Form, HandedFile, Incoming, Option, Outbox, Person, Place, Platform, Reply } from '../chat.ts';
import type { LessonPage } from '../content.ts';
import type { Draw } from '../draw/index.ts';
import type { Learning } from '../learn/index.ts';
import type { Simulations } from '../sim/catalogue.ts';
import type { Learner, Store } from '../store/index.ts';

/**
 * A command is defined once, in one file of this folder: name, options as a zod object, what it does. Discord's
 * registration, the grammar of Slack and the page, completion, help and argument errors follow from it.
 * The options' order in the object is their order when typed; `.describe()` is what help says of them.
 */
export interface Command {
  readonly name: string;
  /** at most 100 characters (Discord) */
  readonly summary: string;
  /** the reply is for the person alone */
  readonly private?: boolean;
  readonly input?: Input;
  run?(input: never, context: Context): Promise<Reply> | Reply;
  /** a command with verbs has no input of its own; `default` names the verb meant when none is typed */
  readonly verbs?: Readonly<Record<string, Verb>>;
  readonly default?: string;
  /** buttons, selects and forms whose action begins with `<name>:<verb>` */
  readonly actions?: Readonly<Record<string, Action>>;
  /** what could be typed next, for options that are not a fixed list; at most 25 are shown */
  complete?(
    option: string,
    typed: string,
    tools: Tools,
    /** the other options as typed so far */
    given: Readonly<Record<string, string | number | boolean>>,
  ): Promise<readonly Option[]> | readonly Option[];
  readonly examples?: readonly string[];
}

export type Input = z.ZodObject;

export interface Verb {
  readonly summary: string;
  readonly private?: boolean;
  readonly input: Input;
  run(input: never, context: Context): Promise<Reply> | Reply;
}

export interface Action {
  /** how it is acknowledged; `form` computes the form at once, from the action's words and the tools */
  readonly how: 'update' | 'reply' | 'private' | 'form';
  /** for `form`: undefined falls through to a private reply by `run` */
  form?(press: Press, tools: Tools): Form | undefined;
  run(press: Press, context: Context): Promise<Reply> | Reply;
}

export interface Press {
  /** what follows `<command>:<verb>:` in the action, split at `:` */
  readonly words: readonly string[];
  /** select values */
  readonly values: readonly string[];
  /** form fields */
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
  /** the message it sits on */
  readonly message?: string;
}

/** What every command is handed; a test hands over fakes. */
export interface Tools {
  readonly store: Store;
  readonly sims: Simulations;
  readonly draw: Draw;
  readonly learning: Learning;
  /** the pages of a scenario's lesson; none where there is no lesson */
  lessons(scenario: string): readonly LessonPage[];
  /** epoch milliseconds */
  now(): number;
  /** seeds and ids where the person gave none */
  random(): number;
  /** adapters that are up */
  outbox(platform: Platform): Outbox | undefined;
}

export interface Context extends Tools {
  readonly place: Place;
  readonly person: Person;
  readonly learner: Learner;
  /** unique for this delivery: answers written under it are written once */
  readonly event: string;
  readonly files: Readonly<Record<string, HandedFile>>;
  readonly incoming: Incoming;
  readonly commands: readonly Command[];
}

/** Gives the input its type; parsing happens before `run` in the router, so no command can forget it. */
export function command<I extends Input>(definition: {
  name: string;
  summary: string;
  private?: boolean;
  input: I;
  run(input: z.infer<I>, context: Context): Promise<Reply> | Reply;
  actions?: Record<string, Action>;
  complete?: Command['complete'];
  examples?: readonly string[];
}): Command {
  return definition as unknown as Command;
}

export function verb<I extends Input>(definition: {
  summary: string;
  private?: boolean;
  input: I;
  run(input: z.infer<I>, context: Context): Promise<Reply> | Reply;
}): Verb {
  return definition as unknown as Verb;
}

export function commandWithVerbs(definition: {
  name: string;
  summary: string;
  private?: boolean;
  verbs: Readonly<Record<string, Verb>>;
  default?: string;
  actions?: Record<string, Action>;
  complete?: Command['complete'];
  examples?: readonly string[];
}): Command {
  return definition;
}

/** An action id, kept within what every platform accepts. */
export function action(...words: readonly (string | number)[]): string {
  const id = words.join(':');
  if (id.length > 100) throw new Error(`an action is at most 100 characters: ${id}`);
  return id;
}

/** Bad input, in words for the person who typed it. Shown as it is, privately; nothing was done. */
export class Refusal extends Error {}
