import { z } from 'zod';
import type { HandedFile, Incoming, Person, Place } from '../../src/chat.ts';
import { FIELD, FIELDS, TEXT, VALUES } from './limits.ts';
import type { ClientEvent, CompletionQuery, Message } from './wire.ts';

const id = z.string().regex(/^[\w-]{8,64}$/);
const channel = z.string().min(1).max(80);
const thread = id.optional();
const action = z.string().min(1).max(100);
const value = z.string().max(FIELD);

export const clientEvent: z.ZodType<ClientEvent> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('write'), id, channel, thread, text: z.string() }),
  z.object({ kind: z.literal('press'), id, message: id, action }),
  z.object({ kind: z.literal('choose'), id, message: id, action, values: z.array(value).max(VALUES) }),
  z.object({
    kind: z.literal('submit'),
    id,
    message: id,
    action,
    seal: z.string().max(64),
    fields: z
      .record(z.string().max(100), z.union([value, z.array(value).max(VALUES)]))
      .refine((fields) => Object.keys(fields).length <= FIELDS, `at most ${FIELDS} fields`),
  }),
]);

export const completionQuery: z.ZodType<CompletionQuery> = z.object({
  name: z.string().max(40),
  sub: z.string().max(40).optional(),
  option: z.string().max(40),
  typed: z.string().max(200),
  given: z.record(z.string().max(40), z.string().max(400)).optional(),
  channel,
  thread,
});

/** What the person is told when an event cannot be taken; nothing was done. */
export class Unacceptable extends Error {
  readonly status: 400 | 403 | 404 | 413 | 429;
  readonly retry: number | undefined;
  constructor(status: Unacceptable['status'], message: string, retry?: number) {
    super(message);
    this.status = status;
    this.retry = retry;
  }
}

/** Where and by whom an event was sent, and the message it touches. */
export interface Scene {
  readonly person: Person;
  readonly place: Place;
  readonly locale?: string;
  readonly timezone?: string;
  readonly files: Readonly<Record<string, HandedFile>>;
  readonly message?: Message;
  /** the form handed in was given to this person on this message */
  readonly sealed?: boolean;
}

const MENTION = /(^|[^\p{L}\p{N}_@.-])@quorum(?![\p{L}\p{N}_-])[,:]?/giu;

/** The event in the bot's words; undefined for people talking among themselves. Throws Unacceptable. */
export function decode(event: ClientEvent, scene: Scene): Incoming | undefined {
  const { person, place, locale, timezone, message } = scene;
  // another person's event of the same id is another event
  const heard = {
    id: `page:${person.id}:${event.id}`,
    place,
    person,
    ...(locale && { locale }),
    ...(timezone && { timezone }),
  };
  switch (event.kind) {
    case 'write': {
      const text = event.text.trim();
      if (text.length === 0) throw new Unacceptable(400, 'There is nothing to send: the message is empty.');
      if (text.length > TEXT)
        throw new Unacceptable(
          400,
          `A message is at most ${TEXT} characters; this one has ${text.length}. Please shorten or split it.`,
        );
      if (text.startsWith('/')) {
        // who comes from Slack types `/quorum simulate …`
        const [, name = '', line = ''] = /^\/(?:quorum\s+\/?)?(\S*)\s*([\s\S]*)$/i.exec(text) ?? [];
        if (name === '')
          throw new Unacceptable(400, 'A command follows the slash: try /help, or type / and choose.');
        return { ...heard, kind: 'command', name: name.toLowerCase(), line, files: scene.files };
      }
      const mentioned = text.search(MENTION) >= 0;
      if (!place.direct && !mentioned) return undefined;
      return { ...heard, kind: 'say', text: text.replace(MENTION, '$1').trim() };
    }
    case 'press': {
      const known = message?.blocks.some(
        (b) => b.kind === 'buttons' && b.buttons.some((x) => x.action === event.action && !x.disabled),
      );
      if (!known) throw gone('button');
      return { ...heard, kind: 'press', action: event.action, message: event.message };
    }
    case 'choose': {
      const select = message?.blocks.find((b) => b.kind === 'select' && b.action === event.action);
      if (select?.kind !== 'select') throw gone('menu');
      const { values } = event;
      const { min = 1, max = 1 } = select;
      if (values.length < min || values.length > max)
        throw new Unacceptable(
          400,
          min === max ? `Choose ${min} of the list.` : `Choose ${min} to ${max} of the list.`,
        );
      if (!values.every((v) => select.options.some((o) => o.value === v))) throw gone('choice');
      return { ...heard, kind: 'choose', action: event.action, values, message: event.message };
    }
    case 'submit':
      if (!message || !scene.sealed) throw gone('form');
      return {
        ...heard,
        kind: 'submit',
        action: event.action,
        fields: event.fields,
        message: event.message,
      };
  }
}

const gone = (what: string) =>
  new Unacceptable(404, `That ${what} is no longer there. Please ask again with the command.`);
