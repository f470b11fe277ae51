import { ExplorerHere } from './explorer-here.ts';
import type { Here, Message, Step } from './protocol.ts';
import { prepare } from './run.ts';
import type { Actor, AnyProtocol, Choice, Fold, Recipe, Scenario } from './scenario.ts';
import { ParamError } from './words.ts';

/**
 * Walks every order in which a small configuration can happen: any message in flight may be the next to arrive (or
 * never arrive), any running timer the next to fire, and within the bounds any node may crash, restart, or get a
 * message twice. Breadth first, so the first violation found is a shortest one. Time is only an order here: what
 * holds does not lean on it.
 *
 * The states of nodes, messages and watchers are interned and a node's reaction to a message is remembered, so that a
 * step costs little more than a look-up (the idea of stateright and TLC; Holzmann 1997 for the state vector).
 */
export interface Bounds {
  /** events from the start */
  readonly depth: number;
  /** distinct states kept at most */
  readonly states: number;
  /** timers fired on one path at most, so that elections do not go on for ever */
  readonly timers: number;
  /** crashes on one path at most; every crashed node may restart */
  readonly crashes: number;
  /** messages delivered twice on one path at most */
  readonly duplicates: number;
}

export const BOUNDS: Bounds = { depth: 30, states: 300_000, timers: 3, crashes: 0, duplicates: 0 };

export interface Explored {
  /** distinct states found */
  readonly states: number;
  /** events tried, leading to states new or seen */
  readonly visited: number;
  /** the longest path walked */
  readonly depth: number;
  /** everything within the bounds was seen; else which bound ended it, in words */
  readonly whole: boolean;
  readonly ended: string;
  readonly properties: readonly string[];
  readonly violation?: { readonly property: string; readonly detail: string; readonly recipe: Recipe };
}

interface NodeRecord {
  readonly id: number;
  /** undefined while down */
  readonly state: unknown;
  readonly disk: unknown;
  readonly diskId: number;
  readonly timers: readonly TimerRecord[];
}

interface TimerRecord {
  readonly timer: string;
  readonly data: unknown;
  readonly named: boolean;
}

interface Envelope {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

interface Reaction {
  readonly record: NodeRecord;
  readonly sent: readonly number[];
}

/** One configuration: everything by interned number. */
interface Situation {
  readonly records: readonly number[];
  readonly flying: readonly number[];
  readonly ghosts: readonly number[];
  readonly timers: number;
  readonly crashes: number;
  readonly duplicates: number;
  readonly parent: number;
  readonly choice: Choice | undefined;
  readonly depth: number;
}

/** `tick` is told the count of states now and then and may throw to stop. Throws ParamError where nothing can be explored. */
export function explore(
  scenario: Scenario,
  recipe: Recipe,
  bounds: Partial<Bounds> = {},
  tick: (states: number) => void = () => {},
): Explored {
  return new Explorer(scenario, recipe, { ...BOUNDS, ...bounds }).walk(tick);
}

class Explorer {
  readonly #scenario: Scenario;
  readonly #recipe: Recipe;
  readonly #bounds: Bounds;
  readonly #actors: readonly Actor[];
  readonly #protocols: readonly AnyProtocol[];
  readonly #index = new Map<string, number>();
  readonly #heres: ExplorerHere[];
  readonly #folds: readonly { readonly name: string; readonly fold: Fold }[];
  // Interning: by identity where the object is known, else by its JSON.
  readonly #ids = new WeakMap<object, number>();
  readonly #byText = new Map<string, number>();
  readonly #values: unknown[] = [undefined];
  readonly #records: NodeRecord[] = [];
  readonly #recordIds = new Map<string, NodeRecord>();
  readonly #envelopes: Envelope[] = [];
  readonly #envelopeIds = new Map<string, number>();
  readonly #reactions = new Map<string, Reaction>();

  constructor(scenario: Scenario, recipe: Recipe, bounds: Bounds) {
    this.#scenario = scenario;
    this.#recipe = recipe;
    this.#bounds = bounds;
    const { params, actors } = prepare(scenario, recipe);
    const parts = { ...scenario.parts, ...(recipe.twin ? scenario.twins[recipe.twin]?.parts : {}) };
    this.#actors = actors;
    this.#protocols = actors.map((a) => parts[a.part]!);
    for (const [i, a] of actors.entries()) this.#index.set(a.id, i);
    this.#heres = actors.map((a) => new ExplorerHere(a, actors, params));
    this.#folds = Object.entries(scenario.properties).flatMap(([name, property]) =>
      property.fold &&
      property.kind === 'always' &&
      (property.judged?.(params) ?? true) &&
      (property.promised?.(params) ?? true)
        ? [{ name, fold: property.fold(params) }]
        : [],
    );
    if (this.#folds.length === 0)
      throw new ParamError(
        `${scenario.id} has no property that can be checked state by state in this configuration.`,
      );
  }

  walk(tick: (states: number) => void): Explored {
    const { depth: deepest, states: most } = this.#bounds;
    const seen = new Set<string>();
    const queue: Situation[] = [];
    let visited = 0;
    let reached = 0;
    let cutByDepth = false;
    const report = (whole: boolean, ended: string, violation?: Explored['violation']): Explored => ({
      states: seen.size,
      visited,
      depth: reached,
      whole,
      ended,
      properties: this.#folds.map((f) => f.name),
      ...(violation && { violation }),
    });
    const start = this.#start();
    queue.push(start);
    seen.add(key(start));
    for (let head = 0; head < queue.length; head++) {
      const here = queue[head]!;
      reached = Math.max(reached, here.depth);
      if (here.depth >= deepest) {
        cutByDepth = true;
        continue;
      }
      for (const next of this.#successors(here, head)) {
        visited++;
        if ('violation' in next) {
          const schedule = [...this.#path(queue, head), next.choice];
          return report(false, 'a violation was found', {
            property: next.violation.property,
            detail: next.violation.detail,
            recipe: { ...this.#recipe, schedule },
          });
        }
        const id = key(next);
        if (seen.has(id)) continue;
        seen.add(id);
        queue.push(next);
        if (seen.size % 4096 === 0) tick(seen.size);
        if (seen.size >= most)
          return report(false, `${most} states were reached; raise the bound to see more`);
      }
    }
    return report(
      !cutByDepth,
      cutByDepth ? `paths were cut at ${deepest} events` : 'every order within the bounds was seen',
    );
  }

  #path(queue: readonly Situation[], from: number): Choice[] {
    const choices: Choice[] = [];
    for (let i = from; i >= 0; i = queue[i]!.parent) {
      const { choice } = queue[i]!;
      if (choice) choices.push(choice);
    }
    return choices.reverse();
  }

  #start(): Situation {
    const records: number[] = [];
    const flying: number[] = [];
    let ghosts = this.#folds.map((f) => this.#intern(f.fold.start));
    this.#actors.forEach((actor, i) => {
      const { record, sent } = this.#settle(
        i,
        0,
        [],
        this.#protocols[i]!.start(this.#at(i, 0, 0), undefined),
      );
      records.push(record.id);
      flying.push(...sent);
      const moved = this.#fold(ghosts, actor.id, undefined, record.state);
      if (!('property' in moved)) ghosts = moved;
    });
    return {
      records,
      flying: flying.sort(ascending),
      ghosts,
      timers: 0,
      crashes: 0,
      duplicates: 0,
      parent: -1,
      choice: undefined,
      depth: 0,
    };
  }

  *#successors(
    here: Situation,
    parent: number,
  ): Generator<Situation | { violation: Violated; choice: Choice }> {
    let before = -1;
    for (let k = 0; k < here.flying.length; k++) {
      const id = here.flying[k]!;
      // Equal messages are interchangeable: one of them stands for all.
      if (id === before) continue;
      before = id;
      const envelope = this.#envelopes[id]!;
      const record = this.#records[here.records[envelope.to]!]!;
      if (record.state === undefined) continue;
      const reaction = this.#deliver(envelope, record, here.timers);
      const { from, to, message } = envelope;
      const words = {
        from: this.#actors[from]!.id,
        to: this.#actors[to]!.id,
        message: JSON.stringify(message),
      };
      const left = here.flying.slice(0, k).concat(here.flying.slice(k + 1));
      yield this.#next(here, parent, envelope.to, reaction, left, { do: 'deliver', ...words }, 0);
      if (here.duplicates < this.#bounds.duplicates)
        yield this.#next(
          here,
          parent,
          envelope.to,
          reaction,
          here.flying,
          { do: 'repeat', ...words },
          0,
          0,
          1,
        );
    }
    for (let i = 0; i < here.records.length; i++) {
      const record = this.#records[here.records[i]!]!;
      const node = this.#actors[i]!.id;
      if (record.state === undefined) {
        const reaction = this.#settle(
          i,
          record.diskId,
          [],
          this.#protocols[i]!.start(this.#at(i, here.timers, record.id), record.disk),
        );
        yield this.#next(here, parent, i, reaction, here.flying, { do: 'restart', node }, 0);
        continue;
      }
      if (here.timers < this.#bounds.timers)
        for (let t = 0; t < record.timers.length; t++) {
          const { timer, data } = record.timers[t]!;
          yield this.#next(
            here,
            parent,
            i,
            this.#fire(i, record, t, here.timers),
            here.flying,
            { do: 'fire', node, timer, ...(data !== undefined && { data: JSON.stringify(data) }) },
            1,
          );
        }
      if (here.crashes < this.#bounds.crashes) {
        const down = this.#record(undefined, record.diskId, []);
        yield this.#next(
          here,
          parent,
          i,
          { record: down, sent: [] },
          here.flying,
          { do: 'crash', node },
          0,
          1,
        );
      }
    }
  }

  #next(
    here: Situation,
    parent: number,
    node: number,
    reaction: Reaction,
    flying: readonly number[],
    choice: Choice,
    timers: number,
    crashes = 0,
    duplicates = 0,
  ): Situation | { violation: Violated; choice: Choice } {
    const before = this.#records[here.records[node]!]!;
    const ghosts =
      before.state === reaction.record.state
        ? here.ghosts
        : this.#fold(here.ghosts, this.#actors[node]!.id, before.state, reaction.record.state);
    if ('property' in ghosts) return { violation: ghosts, choice };
    const records = here.records.slice();
    records[node] = reaction.record.id;
    return {
      records,
      flying: reaction.sent.length === 0 ? flying : [...flying, ...reaction.sent].sort(ascending),
      ghosts,
      timers: here.timers + timers,
      crashes: here.crashes + crashes,
      duplicates: here.duplicates + duplicates,
      parent,
      choice,
      depth: here.depth + 1,
    };
  }

  #fold(ghosts: readonly number[], node: string, before: unknown, after: unknown): number[] | Violated {
    const next: number[] = [];
    for (let f = 0; f < this.#folds.length; f++) {
      const { name, fold } = this.#folds[f]!;
      const ghost = this.#values[ghosts[f]!];
      const moved = fold.changed(ghost, node, before, after);
      if (typeof moved === 'string') return { property: name, detail: moved };
      next.push(moved === ghost ? ghosts[f]! : this.#intern(moved));
    }
    return next;
  }

  #deliver(envelope: Envelope, record: NodeRecord, timers: number): Reaction {
    const memo = `${envelope.id}>${record.id}@${timers}`;
    let reaction = this.#reactions.get(memo);
    if (reaction === undefined) {
      const i = envelope.to;
      const protocol = this.#protocols[i]!;
      const here = this.#at(i, timers, record.id);
      const from = this.#actors[envelope.from]!.id;
      const { message } = envelope;
      const first: Step<unknown, Message> = protocol.first?.(record.state, message, from, here) ?? [
        record.state,
      ];
      const handler = protocol.on[message.type];
      if (!handler) throw new Error(`${this.#scenario.id}: no handler for ${message.type}`);
      const second: Step<unknown, Message> = handler(first[0], message, from, here);
      reaction = this.#settle(i, record.diskId, record.timers, [
        second[0],
        ...first.slice(1),
        ...second.slice(1),
      ] as never);
      this.#reactions.set(memo, reaction);
    }
    return reaction;
  }

  #fire(i: number, record: NodeRecord, t: number, timers: number): Reaction {
    const memo = `${t}!${record.id}@${timers}:${i}`;
    let reaction = this.#reactions.get(memo);
    if (reaction === undefined) {
      const { timer, data } = record.timers[t]!;
      const handler = this.#protocols[i]!.after[timer];
      if (!handler) throw new Error(`${this.#scenario.id}: no handler for the timer ${timer}`);
      const left = record.timers.filter((_, k) => k !== t);
      // Time has passed: a second at least, longer than any wait for a leader.
      reaction = this.#settle(
        i,
        record.diskId,
        left,
        handler(record.state, this.#at(i, timers + 1, record.id), data),
      );
      this.#reactions.set(memo, reaction);
    }
    return reaction;
  }

  /** What a handler's answer makes of a node; writes are done at once, messages fly. */
  #settle(i: number, diskId: number, timers: readonly TimerRecord[], step: Step<unknown, Message>): Reaction {
    let left = timers;
    let disk = diskId;
    const sent: number[] = [];
    for (let k = 1; k < step.length; k++) {
      const effect = step[k] as Exclude<Step<unknown, Message>[number], unknown[]> & { do: string };
      switch (effect.do) {
        case 'send': {
          const { to, message } = effect as unknown as { to: string; message: Message };
          sent.push(this.#envelope(i, this.#index.get(to)!, message));
          break;
        }
        case 'set':
        case 'later': {
          const { timer, data } = effect as unknown as { timer: string; data: unknown };
          const named = effect.do === 'set';
          left = [
            ...(named ? left.filter((t) => !t.named || t.timer !== timer) : left),
            { timer, data, named },
          ];
          break;
        }
        case 'cancel': {
          const { timer } = effect as unknown as { timer: string };
          left = left.filter((t) => !t.named || t.timer !== timer);
          break;
        }
        case 'save':
          disk = this.#intern((effect as unknown as { disk: unknown }).disk);
          break;
      }
    }
    return { record: this.#record(step[0], disk, left), sent };
  }

  #record(state: unknown, diskId: number, timers: readonly TimerRecord[]): NodeRecord {
    const names = timers.map((t) => `${t.timer}${t.data === undefined ? '' : JSON.stringify(t.data)}`).sort();
    const stateId = state === undefined ? 0 : this.#intern(state);
    const text = `${stateId}.${diskId}.${names.join()}`;
    let record = this.#recordIds.get(text);
    if (record === undefined) {
      const sorted = [...timers].sort((a, b) => (a.timer < b.timer ? -1 : a.timer > b.timer ? 1 : 0));
      record = {
        id: this.#records.length,
        state: this.#values[stateId],
        disk: this.#values[diskId],
        diskId,
        timers: sorted,
      };
      this.#records.push(record);
      this.#recordIds.set(text, record);
    }
    return record;
  }

  #envelope(from: number, to: number, message: Message): number {
    const text = `${from}>${to}:${JSON.stringify(message)}`;
    let id = this.#envelopeIds.get(text);
    if (id === undefined) {
      id = this.#envelopes.length;
      this.#envelopes.push({ id, from, to, message });
      this.#envelopeIds.set(text, id);
    }
    return id;
  }

  /** The number of a value; equal values get the same. 0 is undefined. */
  #intern(value: unknown): number {
    if (value === undefined) return 0;
    const known = typeof value === 'object' && value !== null ? this.#ids.get(value) : undefined;
    if (known !== undefined) return known;
    const text = JSON.stringify(value);
    let id = this.#byText.get(text);
    if (id === undefined) {
      id = this.#values.length;
      this.#values.push(value);
      this.#byText.set(text, id);
    }
    if (typeof value === 'object' && value !== null) this.#ids.set(value, id);
    return id;
  }

  #at(i: number, timers: number, record: number): Here {
    return this.#heres[i]!.at(timers, record);
  }
}

interface Violated {
  readonly property: string;
  readonly detail: string;
}

const ascending = (a: number, b: number) => a - b;
const key = (s: Situation) =>
  `${s.records.join()}|${s.flying.join()}|${s.ghosts.join()}|${s.timers},${s.crashes},${s.duplicates}`;
