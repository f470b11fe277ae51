import type {
  Bot,
  HandedFile,
  Incoming,
  Log,
  Outbox,
  Person,
  Place,
  Plan,
  Posted,
  Reply,
} from '../../src/chat.ts';
import { privately, text } from '../../src/chat.ts';
import { decode, Unacceptable } from './decode.ts';
import { encode, said } from './encode.ts';
import type { Draft, PageHistory } from './history.ts';
import type { Hub } from './hub.ts';
import { BOT, isPersonId, seal, sealHolds, sees } from './people.ts';
import { direct, isDirect } from './register.ts';
import type { Ack, ClientEvent, Message } from './wire.ts';

/** Carries events to the bot and its replies into the history and onto the screens. */
export interface Room {
  take(event: ClientEvent, person: Person, hints: Hints): Ack;
  readonly outbox: Outbox;
  knows(channel: string, person: string): boolean;
  /** resolves when no answer is under way */
  idle(): Promise<void>;
}

export interface Hints {
  readonly locale?: string;
  readonly timezone?: string;
  readonly files?: Readonly<Record<string, HandedFile>>;
}

export function room(tools: {
  readonly bot: Bot;
  readonly log: Log;
  readonly secret: string;
  readonly history: PageHistory;
  readonly hub: Hub;
  now(): number;
}): Room {
  const { bot, log, secret, history, hub, now } = tools;
  /** by incoming id: a repeated post while the first is being answered starts nothing */
  const working = new Map<string, Promise<void>>();

  const knows = (channel: string, person: string) =>
    isDirect(channel) ? channel === direct(person) : history.channels().includes(channel);

  const place = (channel: string, thread?: string): Place => ({
    platform: 'page',
    space: 'page',
    channel,
    ...(thread !== undefined && { thread }),
    ...(isDirect(channel) && { direct: true }),
  });

  const tell = (message: Message) => hub.send('message', message, message);

  /** Writes a message down and shows it, with the count of the thread it stands in. */
  const write = (draft: Draft): Message | undefined => {
    const message = history.append(draft);
    if (!message) return undefined;
    tell(message);
    const root = message.thread === undefined ? undefined : history.get(message.thread);
    if (root && root.to === message.to) tell(root);
    else if (root && message.to !== undefined)
      hub.send('message', history.withOwn(root, message.to), { channel: root.channel, to: message.to });
    return message;
  };

  /** A message that person may see in that channel, with a thread or to open one. */
  const root = (id: string | undefined, channel: string, person: string): Message | undefined => {
    if (id === undefined) return undefined;
    const message = history.get(id);
    if (!message || message.thread !== undefined || message.channel !== channel || !sees(person, message))
      throw new Unacceptable(404, 'That thread is no longer kept here.');
    return message;
  };

  const post = (where: Place, reply: Reply, more: Pick<Draft, 'to' | 'event'> = {}): Message => {
    const { channel, thread } = where;
    // under a message for one person alone, all is for that person alone
    const to = more.to ?? (thread === undefined ? undefined : history.get(thread)?.to);
    const paper = {
      images: history.images,
      secret,
      owner: isDirect(channel) ? channel.slice(1) : to,
      at: now(),
    };
    const base = { channel, from: BOT, at: now(), event: more.event, ...(to !== undefined && { to }) };
    const opens = reply.thread && thread === undefined ? reply.thread : undefined;
    const message = write({
      ...base,
      ...(thread !== undefined && { thread }),
      blocks: encode(reply.blocks, paper),
      ...(opens && { title: opens.title }),
      ...(reply.marker !== undefined && { marker: reply.marker }),
    })!;
    if (reply.thread)
      write({ ...base, thread: thread ?? message.id, blocks: encode(reply.thread.first, paper) });
    return message;
  };

  const change = (id: string, reply: Reply): Message | undefined => {
    const old = history.get(id);
    if (!old) return undefined;
    const owner = isDirect(old.channel) ? old.channel.slice(1) : old.to;
    const paper = { images: history.images, secret, owner, at: now() };
    const message = history.update(id, {
      blocks: encode(reply.blocks, paper),
      ...(reply.marker !== undefined && { marker: reply.marker }),
      ...(reply.thread && old.thread === undefined && { title: reply.thread.title }),
    });
    if (message) tell(message);
    if (message && reply.thread)
      write({
        channel: old.channel,
        thread: old.thread ?? old.id,
        from: BOT,
        at: now(),
        ...(old.to !== undefined && { to: old.to }),
        blocks: encode(reply.thread.first, paper),
      });
    return message;
  };

  const show = (
    reply: Reply,
    plan: Plan,
    incoming: Incoming,
    event: ClientEvent,
    own: Message | undefined,
  ) => {
    const alone = reply.private === true || (plan.how === 'reply' && plan.private);
    if (plan.how === 'update' && !alone && event.kind !== 'write' && change(event.message, reply)) return;
    const to = incoming.person.id;
    if (alone && own && own.to === undefined && !isDirect(own.channel)) {
      // a mistyped command need not stand in everybody's way
      const mine = history.update(own.id, { to });
      hub.send('gone', { id: own.id }, { channel: own.channel, not: to });
      if (mine) tell(mine);
    }
    post(incoming.place, reply, { event: event.id, ...(alone && { to }) });
  };

  const work = async (incoming: Incoming, plan: Plan, event: ClientEvent, own: Message | undefined) => {
    const { channel, thread } = incoming.place;
    const alone = plan.how === 'reply' && plan.private;
    const done = hub.busy(
      {
        id: incoming.id,
        channel,
        person: incoming.person.id,
        ...(thread !== undefined && { thread }),
        ...(plan.how === 'update' && event.kind !== 'write' && { message: event.message }),
      },
      { channel, ...((alone || own?.to) && { to: incoming.person.id }) },
    );
    try {
      const reply = await bot.handle(incoming);
      if (reply) show(reply, plan, incoming, event, own);
    } catch (error) {
      log.error({ err: error, event: incoming.id }, 'the page could not show a reply');
      const sorry = privately(text('Something went wrong while showing the answer. Please try once more.'));
      post(incoming.place, sorry, { to: incoming.person.id, event: event.id });
    } finally {
      done();
    }
  };

  const take: Room['take'] = (event, person, { locale, timezone, files = {} }) => {
    const message = event.kind === 'write' ? undefined : history.get(event.message);
    if (event.kind !== 'write' && (!message || !sees(person.id, message)))
      throw new Unacceptable(404, 'That message is no longer kept here. Please ask again with the command.');
    const channel = event.kind === 'write' ? event.channel : message!.channel;
    if (!knows(channel, person.id)) throw new Unacceptable(404, 'There is no such channel on this page.');
    const threadRoot = event.kind === 'write' ? root(event.thread, channel, person.id) : undefined;
    const thread = threadRoot?.id ?? message?.thread;
    const sealed =
      event.kind === 'submit' && sealHolds(seal(secret, person.id, event.message, event.action), event.seal);
    const incoming = decode(event, {
      person,
      place: place(channel, thread),
      files,
      sealed,
      ...(message && { message }),
      ...(locale && { locale }),
      ...(timezone && { timezone }),
    });
    const plan = incoming && bot.plan(incoming);
    let own: Message | undefined;
    if (event.kind === 'write') {
      const once = `${person.id}:${event.id}`;
      const to = plan?.how === 'reply' && plan.private && !isDirect(channel) ? person.id : threadRoot?.to;
      const typed = event.text.trim();
      own =
        write({
          channel,
          from: { id: person.id, name: person.name },
          at: now(),
          blocks: said(typed),
          typed,
          event: event.id,
          once,
          ...(thread !== undefined && { thread }),
          ...(to !== undefined && { to }),
        }) ?? history.written(once);
    }
    if (plan?.how === 'form' && event.kind !== 'write') {
      const { form } = plan;
      return {
        form: { form, message: event.message, seal: seal(secret, person.id, event.message, form.action) },
      };
    }
    if (incoming && plan && !working.has(incoming.id))
      working.set(
        incoming.id,
        work(incoming, plan, event, own).finally(() => working.delete(incoming.id)),
      );
    return own ? { message: own } : {};
  };

  const posted = (message: Message): Posted => ({
    place: place(message.channel, message.thread),
    message: message.id,
  });

  const obstacle = (where: Place): string | undefined => {
    const there = isDirect(where.channel)
      ? isPersonId(where.channel.slice(1))
      : history.channels().includes(where.channel);
    if (!there) return `There is no channel “${where.channel.slice(0, 40)}” on this page.`;
    if (where.thread !== undefined && !history.get(where.thread))
      return 'That thread is no longer kept here.';
    return undefined;
  };

  const outbox: Outbox = {
    platform: 'page',
    async post(where, reply) {
      const why = obstacle(where);
      if (why) throw new Error(`cannot post: ${why}`);
      return posted(post(where, reply));
    },
    async edit({ message }, reply) {
      if (!change(message, reply)) throw new Error('cannot edit: that message is no longer kept here');
    },
    async direct(person, reply) {
      if (person.platform !== 'page' || !isPersonId(person.id)) return undefined;
      return posted(post(place(direct(person.id)), reply));
    },
    async find({ channel, thread }, marker) {
      const found = history.find(channel, thread, marker);
      return found && posted(found);
    },
    obstacle: async (where) => obstacle(where),
    history: {
      about: async ({ id }) => history.about(id),
      async forget({ id }) {
        const gone = history.about(id);
        history.forget(id);
        for (const { id: message, channel, to } of gone)
          hub.send('gone', { id: message }, { channel, ...(to !== undefined && { to }) });
      },
    },
  };

  return {
    take,
    outbox,
    knows,
    async idle() {
      while (working.size > 0) await Promise.allSettled(working.values());
    },
  };
}
