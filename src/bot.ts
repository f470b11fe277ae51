import {
  type Block,
  type Bot,
  type Completion,
  type Incoming,
  type Log,
  type Option,
  type Person,
  type Place,
  type Plan,
  privately,
  type Reply,
  text,
} from './chat.ts';
import {
  type Action,
  type Command,
  type Context,
  type Press,
  Refusal,
  type Tools,
} from './commands/command.ts';
import { parseOptions, readLine, specOf, words } from './commands/grammar.ts';
import { zoneOf } from './learn/daily/zone.ts';
import { nearest, ParamError } from './sim/words.ts';
import type { Learner } from './store/index.ts';

/** characters of a form's own words that are given back */
const GIVEN_BACK = 1200;

/** A platform closes a form when it is handed in: what somebody wrote into one that was refused is given back to them. */
function written(incoming: Incoming): Block[] {
  if (incoming.kind !== 'submit') return [];
  const lines = Object.entries(incoming.fields).flatMap(([name, value]) =>
    typeof value === 'string' && value.trim() !== '' ? [`**${name}** ${value.trim()}`] : [],
  );
  const words = lines.join('\n');
  if (words === '') return [];
  return [text(`You wrote:\n${words.length > GIVEN_BACK ? `${words.slice(0, GIVEN_BACK)} …` : words}`)];
}

/**
 * Routing: which command, in what order, once. What is said lives in the commands; how it looks, in the adapters.
 */
export function createBot(commands: readonly Command[], tools: Tools, log: Log): Bot {
  const byName = new Map(commands.map((command) => [command.name, command]));
  const order = inOrder();
  const running = new Map<string, Promise<Reply | undefined>>();

  const find = (incoming: Incoming): Found => {
    switch (incoming.kind) {
      case 'command':
        return asked(byName, incoming.name, incoming.sub, incoming.line, incoming.options);
      case 'say': {
        const [first = '', ...rest] = words(incoming.text.trim());
        const name = first.replace(/^\//, '').toLowerCase();
        if (byName.has(name))
          return asked(byName, name, undefined, incoming.text.trim().slice(first.length), undefined);
        return { refused: rest.length + first.length === 0 ? GREETING : lost(name, byName) };
      }
      case 'press':
      case 'choose':
      case 'submit': {
        const [name = '', verb = '', ...more] = incoming.action.split(':');
        const action = byName.get(name)?.actions?.[verb];
        if (!action)
          return {
            refused: 'This button belongs to an older version of me; please ask again with the command.',
          };
        const press: Press = {
          words: more,
          values: incoming.kind === 'choose' ? incoming.values : [],
          fields: incoming.kind === 'submit' ? incoming.fields : {},
          ...(incoming.message !== undefined && { message: incoming.message }),
        };
        return { action, press, submitted: incoming.kind === 'submit' };
      }
      // The bot's own page is where somebody stands.
      case 'home':
        return byName.has('progress')
          ? asked(byName, 'progress', undefined, '', undefined)
          : { nothing: true };
    }
  };

  const plan = (incoming: Incoming): Plan => {
    try {
      const found = find(incoming);
      if ('nothing' in found) return { how: 'nothing' };
      if ('refused' in found) return { how: 'reply', private: true };
      if ('run' in found) return { how: 'reply', private: found.private };
      const { action, press, submitted } = found;
      if (action.how === 'form' && !submitted) {
        const form = action.form?.(press, tools);
        return form ? { how: 'form', form } : { how: 'reply', private: true };
      }
      if (action.how === 'update') return { how: 'update' };
      return { how: 'reply', private: action.how !== 'reply' };
    } catch (error) {
      log.error({ err: error }, 'planning failed');
      return { how: 'reply', private: true };
    }
  };

  const answer = async (incoming: Incoming): Promise<Reply | undefined> => {
    const planned = plan(incoming);
    if (planned.how === 'form' || planned.how === 'nothing') return undefined;
    const found = find(incoming);
    if ('refused' in found) return privately(text(found.refused));
    const learner = await learnerOf(incoming, tools);
    const context: Context = {
      ...tools,
      place: incoming.place,
      person: incoming.person,
      learner,
      event: key(incoming),
      files: incoming.kind === 'command' ? (incoming.files ?? {}) : {},
      incoming,
      commands,
    };
    if ('run' in found) return found.run(context);
    if ('action' in found) {
      const reply = await found.action.run(found.press, context);
      return planned.how === 'reply' && planned.private ? { ...reply, private: true } : reply;
    }
    return undefined;
  };

  const guarded = async (incoming: Incoming): Promise<Reply | undefined> => {
    try {
      if (await tools.store.deliveries.done(key(incoming))) return undefined;
      const reply = await answer(incoming).catch((error) => {
        if (error instanceof Refusal || error instanceof ParamError)
          return privately(text(error.message), ...written(incoming));
        throw error;
      });
      await tools.store.deliveries.finish(key(incoming), tools.now());
      return reply;
    } catch (error) {
      const incident = Math.floor(tools.random() * 36 ** 6)
        .toString(36)
        .padStart(6, '0');
      log.error({ err: error, incident, event: key(incoming), kind: incoming.kind }, 'handling failed');
      return privately(
        text(
          `Something went wrong on my side (incident \`${incident}\`). Nothing you answered before is lost; please try again.`,
        ),
        ...written(incoming),
      );
    }
  };

  return {
    commands: commands.map(specOf),
    plan,
    handle(incoming) {
      // The same delivery again while the first is being worked on waits for nothing: the first one answers.
      const id = key(incoming);
      if (running.has(id)) return Promise.resolve(undefined);
      const result = order(conversation(incoming.place, incoming.person), () => guarded(incoming));
      running.set(id, result);
      return result.finally(() => running.delete(id));
    },
    async complete(request: Completion): Promise<readonly Option[]> {
      try {
        const command = byName.get(request.name);
        const spec = command && specOf(command);
        const options = spec?.verbs?.find((v) => v.name === request.sub)?.options ?? spec?.options ?? [];
        const choices = options.find((o) => o.name === request.option)?.choices;
        if (choices)
          return choices
            .filter((c) => c.startsWith(request.typed.toLowerCase()))
            .slice(0, 25)
            .map((c) => ({ value: c, label: c }));
        return (
          (await command?.complete?.(request.option, request.typed, tools, request.given ?? {})) ?? []
        ).slice(0, 25);
      } catch (error) {
        log.warn({ err: error }, 'completion failed');
        return [];
      }
    },
  };
}

type Found =
  | { readonly nothing: true }
  | { readonly refused: string }
  | { readonly private: boolean; run(context: Context): Promise<Reply> | Reply }
  | { readonly action: Action; readonly press: Press; readonly submitted: boolean };

function asked(
  byName: ReadonlyMap<string, Command>,
  typed: string,
  sub: string | undefined,
  line: string | undefined,
  options: Readonly<Record<string, string | number | boolean>> | undefined,
): Found {
  const command = byName.get(typed.toLowerCase());
  if (!command) return { refused: lost(typed, byName) };
  let verbName = sub;
  let rest = line ?? '';
  if (command.verbs && verbName === undefined) {
    const [first = ''] = words(rest);
    if (Object.hasOwn(command.verbs, first)) {
      verbName = first;
      rest = rest.trimStart().slice(first.length);
    } else verbName = command.default;
    if (
      verbName === undefined ||
      (first !== '' &&
        verbName === command.default &&
        !first.includes('=') &&
        !Object.hasOwn(command.verbs, first))
    ) {
      const names = Object.keys(command.verbs);
      const hint = nearest(first, names);
      if (verbName === undefined || hint !== undefined)
        return {
          refused: `/${command.name} is followed by one of ${names.join(', ')}${first ? `; got \`${first.slice(0, 40)}\`${hint ? `, did you mean ${hint}?` : '.'}` : '.'}`,
        };
    }
  }
  const verb = verbName === undefined ? undefined : command.verbs?.[verbName];
  const input = verb?.input ?? command.input;
  const run = verb?.run ?? command.run;
  const name = verb ? `${command.name} ${verbName}` : command.name;
  if (!run || !input) return { refused: `/${name} cannot be used like that.` };
  return {
    private: verb?.private ?? command.private ?? false,
    run(context) {
      const given = options ?? readLine(rest, name, input);
      return run(parseOptions(given, name, input, command.examples) as never, context);
    },
  };
}

const GREETING = 'Hello! Try `simulate raft preset=leader-crash`, `quiz`, or `help` for everything I can do.';

function lost(typed: string, byName: ReadonlyMap<string, Command>): string {
  const hint = nearest(typed, [...byName.keys()]);
  return `I know no command \`${typed.slice(0, 40)}\`${hint ? `; did you mean \`${hint}\`?` : '.'} \`help\` lists what I can do.`;
}

const key = (incoming: Incoming) => `${incoming.place.platform}:${incoming.id}`;

/** A thread is one conversation; in a channel each person has their own, so that nobody waits for another's picture. */
function conversation(place: Place, person: Person): string {
  return place.thread
    ? `${place.platform}:${place.space}:${place.channel}:${place.thread}`
    : `${place.platform}:${place.space}:${place.channel}:${person.id}`;
}

/** Runs tasks of one key one after the other, of different keys side by side. */
function inOrder(): <T>(key: string, task: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (key, task) => {
    const before = last.get(key);
    const result = before ? before.then(task, task) : task();
    last.set(key, result);
    const clear = () => {
      if (last.get(key) === result) last.delete(key);
    };
    result.then(clear, clear);
    return result;
  };
}

/** Who speaks. Somebody new begins in the zone the platform tells. */
const learnerOf = ({ person, timezone }: Incoming, { store, now }: Tools): Promise<Learner> =>
  store.learners.of(person, now(), () => (timezone === undefined ? undefined : zoneOf(timezone)));
