import { parseDistribution } from './chance.ts';
import { Links } from './links.ts';
import { type Clockwork, Node } from './node.ts';
import type { AnyParams, Values } from './params.ts';
import type { Effect, Message, Step } from './protocol.ts';
import { type Pending, Queue } from './queue.ts';
import type {
  Actor,
  AnyProtocol,
  Choice,
  Monitor,
  Network,
  PlannedFault,
  Scenario,
  World,
} from './scenario.ts';
import { resolveFault } from './targets.ts';
import type { TraceEvent } from './trace.ts';

/**
 * The kernel: virtual time, seeded chance, a network, disks and faults. It runs what is due in (time, sequence)
 * order and performs the effects that handlers return. Nothing here knows a protocol.
 */

/** A monitor at work. Once it has found something it is not asked again. */
export interface Watcher {
  readonly monitor: Pick<Monitor, 'changed' | 'event' | 'listens'>;
  finding: { readonly text: string; readonly at: number } | undefined;
}

export interface KernelOptions {
  readonly scenario: Scenario;
  readonly parts: Readonly<Record<string, AnyProtocol>>;
  readonly params: Values<AnyParams>;
  readonly seed: number;
  readonly actors: readonly Actor[];
  readonly network: Network;
  readonly faults: readonly (PlannedFault & { readonly atUs: number; readonly last?: boolean })[];
  readonly watchers: readonly Watcher[];
  /** the run ends here, µs */
  readonly until: number;
  /** handlers run at most; the run says so when it stops here */
  readonly stepLimit: number;
  /** trace events kept at most; 0 keeps none. Operations are always kept, up to as many again. */
  readonly traceLimit: number;
  /** what happens, one event after another, instead of by time; see explore.ts */
  readonly schedule?: readonly Choice[];
}

/** Events of a schedule are drawn this far apart, µs. */
export const SCHEDULE_STEP = 10_000;
type AnyStep = Step<unknown, Message, string>;
type AnyEffect = Effect<Message, string>;

/** How long a fault waits for its target (`@leader`) before it looks again, µs. */
const LOOK_AGAIN = 5_000;

export class Kernel implements World, Clockwork {
  readonly options: KernelOptions;
  readonly actors: readonly Actor[];
  readonly parts = new Map<string, readonly string[]>();
  readonly nodes: Node[] = [];
  readonly byId = new Map<string, Node>();
  readonly events: TraceEvent[] = [];
  now = 0;
  /** handlers run */
  steps = 0;
  /** why the run or its trace was cut short */
  cut: string | undefined;
  /** timers fired, in a run by schedule */
  fired: number | undefined;
  readonly #queue = new Queue<Node>();
  /** in a run by schedule: what may happen next */
  readonly #held: Pending<Node>[] = [];
  readonly #links: Links;
  #changers: Watcher[];
  readonly #listeners: Readonly<Record<Kind, readonly Watcher[]>>;
  /** kinds of events that somebody wants */
  readonly #speaks: Record<Kind, boolean>;
  readonly traffic = { sent: new Map<string, number>(), lost: 0 };
  #seq = 0;
  #messages = 0;
  #unique = 0;
  #operations = 0;

  constructor(options: KernelOptions) {
    this.options = options;
    this.actors = options.actors;
    for (const actor of options.actors)
      this.parts.set(actor.part, [...(this.parts.get(actor.part) ?? []), actor.id]);
    options.actors.forEach((actor, index) => {
      const protocol = options.parts[actor.part];
      if (!protocol) throw new Error(`no part ${actor.part} in ${options.scenario.id}`);
      const peers = this.parts.get(actor.part)!.filter((id) => id !== actor.id);
      const node = new Node(this, actor, index, protocol, peers, options.seed);
      this.nodes.push(node);
      this.byId.set(actor.id, node);
    });
    this.#links = new Links(options.seed, this.nodes, options.network);
    this.#changers = options.watchers.filter((w) => w.monitor.changed);
    const listeners = (kind: Kind) =>
      options.watchers.filter((w) => w.monitor.event && (w.monitor.listens?.includes(kind) ?? true));
    this.#listeners = forKinds(listeners);
    this.#speaks = forKinds((kind) => options.traceLimit > 0 || this.#listeners[kind].length > 0);
    if (options.schedule) this.fired = 0;
    for (const fault of options.faults) {
      // An injected fault comes after everything else of its instant, a planned one before.
      const pending = this.#pending('fault', fault.atUs, undefined, '', fault);
      if (fault.last) pending.seq += 2 ** 52;
      this.#queue.push(pending);
    }
    for (const node of this.nodes) this.#boot(node, undefined);
  }

  state(node: string): unknown {
    const found = this.byId.get(node);
    return found?.up ? found.state : undefined;
  }
  up(node: string): boolean {
    return this.byId.get(node)?.up ?? false;
  }
  unique(): number {
    return ++this.#unique;
  }

  #enqueue(pending: Pending<Node>): void {
    if (this.options.schedule && pending.kind !== 'fault') this.#held.push(pending);
    else this.#queue.push(pending);
  }

  /** Runs to the end, or until the step limit. */
  run(): void {
    if (this.options.schedule) {
      this.#follow(this.options.schedule);
      this.now = this.options.until;
      return;
    }
    const { until, stepLimit } = this.options;
    const queue = this.#queue;
    for (;;) {
      const next = queue.peek();
      if (next === undefined || next.at > until) break;
      if (this.steps >= stepLimit) {
        this.cut = `the run was stopped after ${stepLimit} steps, at ${ms(this.now)} of ${ms(until)}`;
        return;
      }
      queue.pop();
      if (next.dead) continue;
      this.now = next.at;
      this.#happen(next);
    }
    this.now = until;
  }

  #follow(schedule: readonly Choice[]): void {
    schedule.forEach((choice, i) => {
      this.now = (i + 1) * SCHEDULE_STEP;
      if (choice.do === 'crash' || choice.do === 'restart') {
        this.#fault(
          this.#pending('fault', this.now, undefined, '', { fault: choice.do, nodes: [choice.node] }),
        );
        return;
      }
      const event: EventChoice = choice;
      // Operation numbers inside messages differ from the explorer's: then the oldest of its kind is the one meant.
      const exact = this.#held.findIndex((p) => !p.dead && fits(p, event));
      const found = exact >= 0 ? exact : this.#held.findIndex((p) => !p.dead && resembles(p, event));
      const next = this.#held[found];
      // A schedule of another version of the protocol may name what never came to be.
      if (next === undefined) return;
      if (choice.do !== 'repeat') this.#held.splice(found, 1);
      if (choice.do === 'fire') this.fired!++;
      this.#happen(next);
    });
  }

  #happen(next: Pending<Node>): void {
    const node = next.node;
    if (node?.paused && next.kind !== 'fault' && next.kind !== 'drop') {
      node.backlog.push(next);
      return;
    }
    switch (next.kind) {
      case 'deliver':
        this.#deliver(next, node!);
        return;
      case 'timer': {
        if (next.epoch !== node!.epoch) return;
        if (node!.timers.get(next.name) === next) node!.timers.delete(next.name);
        const handler = node!.protocol.after[next.name];
        if (!handler) throw new Error(`${this.options.scenario.id}: no handler for the timer ${next.name}`);
        this.steps++;
        this.#apply(node!, handler(node!.state, node!, next.data));
        return;
      }
      case 'disk':
        if (next.epoch !== node!.epoch) return;
        node!.disk = (next.data as DiskWrite).disk;
        this.#perform(node!, (next.data as DiskWrite).rest, 0);
        return;
      case 'fault':
        this.#fault(next);
        return;
      case 'drop':
        this.emit({ at: this.now, kind: 'drop', id: next.id, why: next.name as 'loss' });
        return;
    }
  }

  #deliver(next: Pending<Node>, node: Node): void {
    if (!node.up) {
      this.traffic.lost++;
      if (this.#speaks.drop) this.emit({ at: this.now, kind: 'drop', id: next.id, why: 'crashed' });
      return;
    }
    if (this.#links.cut(next.from!, node)) {
      this.traffic.lost++;
      if (this.#speaks.drop) this.emit({ at: this.now, kind: 'drop', id: next.id, why: 'partition' });
      return;
    }
    if (this.#speaks.deliver) this.emit({ at: this.now, kind: 'deliver', id: next.id });
    const message = next.data as Message;
    const { protocol } = node;
    const from = next.from!.self;
    const handler = protocol.on[message.type];
    if (!handler)
      throw new Error(`${this.options.scenario.id}: ${node.self} has no handler for ${message.type}`);
    this.steps++;
    if (protocol.first) {
      const first = protocol.first(node.state, message, from, node) as AnyStep;
      this.#become(node, first[0]);
      const second = handler(node.state, message, from, node) as AnyStep;
      this.#become(node, second[0]);
      if (first.length === 1) this.#perform(node, second as unknown as AnyEffect[], 1);
      // One list: an answer waits for what `first` had to write.
      else this.#perform(node, [...(first.slice(1) as AnyEffect[]), ...(second.slice(1) as AnyEffect[])], 0);
      return;
    }
    this.#apply(node, handler(node.state, message, from, node));
  }

  #apply(node: Node, step: AnyStep): void {
    this.#become(node, step[0]);
    if (step.length > 1) this.#perform(node, step as unknown as AnyEffect[], 1);
  }

  #become(node: Node, after: unknown): void {
    const before = node.state;
    if (before === after) return;
    node.state = after;
    this.#tell(node.self, before, after);
  }

  #tell(node: string, before: unknown, after: unknown): void {
    const { quiet } = this.options.scenario;
    if (quiet !== undefined && before !== undefined && after !== undefined && quiet(before, after)) return;
    const changers = this.#changers;
    for (let i = 0; i < changers.length; i++) {
      const watcher = changers[i]!;
      const text = watcher.monitor.changed!(node, before, after, this);
      if (text === undefined) continue;
      watcher.finding = { text, at: this.now };
      this.#changers = changers.filter((w) => w.finding === undefined);
    }
  }

  #perform(node: Node, effects: readonly AnyEffect[], from: number): void {
    for (let i = from; i < effects.length; i++) {
      const effect = effects[i]!;
      switch (effect.do) {
        case 'send':
          this.#send(node, effect.to, effect.message, effect.label);
          break;
        case 'set': {
          const running = node.timers.get(effect.timer);
          if (running) running.dead = true;
          const pending = this.#pending(
            'timer',
            this.now + node.trueDuration(effect.us),
            node,
            effect.timer,
            effect.data,
          );
          node.timers.set(effect.timer, pending);
          this.#enqueue(pending);
          break;
        }
        case 'later':
          this.#enqueue(
            this.#pending('timer', this.now + node.trueDuration(effect.us), node, effect.timer, effect.data),
          );
          break;
        case 'cancel': {
          const running = node.timers.get(effect.timer);
          if (running) {
            running.dead = true;
            node.timers.delete(effect.timer);
          }
          break;
        }
        case 'save': {
          // An image the disk holds or is writing is only waited for.
          const known = effect.disk === node.writing;
          node.writing = effect.disk;
          const takes =
            this.fired === undefined && !known
              ? (effect.us ?? (node.diskTime ? node.draw(node.diskTime) : 0))
              : 0;
          const done = Math.max(this.now, node.diskFree) + Math.max(0, Math.round(takes));
          if (done === this.now) {
            node.disk = effect.disk;
            break;
          }
          node.diskFree = done;
          const write: DiskWrite = { disk: effect.disk, rest: effects.slice(i + 1) };
          this.#queue.push(this.#pending('disk', done, node, '', write));
          return;
        }
        case 'become':
          if (this.#speaks.state)
            this.emit({
              at: this.now,
              kind: 'state',
              node: node.self,
              state: effect.state,
              detail: effect.detail,
            });
          break;
        case 'note':
          if (this.#speaks.note)
            this.emit({ at: this.now, kind: 'note', node: node.self, text: effect.text });
          break;
        case 'sample':
          if (this.#speaks.sample)
            this.emit({ at: this.now, kind: 'sample', series: effect.series, value: effect.value });
          break;
        case 'invoke':
          this.emit({
            at: this.now,
            kind: 'invoke',
            op: effect.op,
            process: node.self,
            f: effect.f,
            key: effect.key,
            value: effect.value,
          });
          break;
        case 'return':
          this.emit({
            at: this.now,
            kind: 'return',
            op: effect.op,
            outcome: effect.outcome,
            value: effect.value,
          });
          break;
      }
    }
  }

  #send(from: Node, toId: string, original: Message, label: string | undefined): void {
    const to = this.byId.get(toId);
    if (!to)
      throw new Error(`${this.options.scenario.id}: ${from.self} sends to ${toId}, which does not exist`);
    const message = from.behaviour ? from.behaviour(original, toId, from) : original;
    if (message === undefined) return;
    const fate = this.#links.fate(from, to, message.type);
    this.#transmit(from, to, message, label, fate.latency, fate.lost, undefined);
    if (fate.copy !== undefined) this.#transmit(from, to, message, label, fate.copy, false, this.#messages);
  }

  #transmit(
    from: Node,
    to: Node,
    message: Message,
    label: string | undefined,
    latency: number,
    lost: boolean,
    copyOf: number | undefined,
  ): void {
    const id = ++this.#messages;
    const { sent } = this.traffic;
    sent.set(message.type, (sent.get(message.type) ?? 0) + 1);
    if (this.#speaks.send) {
      const sent = {
        at: this.now,
        kind: 'send' as const,
        id,
        from: from.self,
        to: to.self,
        type: message.type,
        label: label ?? '',
      };
      this.emit(copyOf === undefined ? sent : { ...sent, copyOf });
    }
    const cut = this.#links.cut(from, to);
    if (lost || cut) {
      // The message dies on the way: shown half-way, where the eye looks for it.
      this.traffic.lost++;
      if (this.#speaks.drop) {
        const why = cut ? 'partition' : 'loss';
        const pending = this.#pending('drop', this.now + (latency >> 1), undefined, why, undefined);
        pending.id = id;
        this.#enqueue(pending);
      }
      return;
    }
    const pending = this.#pending('deliver', this.now + latency, to, '', message);
    pending.from = from;
    pending.id = id;
    this.#enqueue(pending);
  }

  #boot(node: Node, disk: unknown): void {
    node.up = true;
    node.paused = false;
    node.disk = disk;
    node.writing = disk;
    node.diskFree = this.now;
    this.#apply(node, node.protocol.start(node, disk));
  }

  #crash(node: Node): void {
    if (!node.up) return;
    const before = node.state;
    node.epoch++;
    node.up = false;
    node.paused = false;
    node.timers.clear();
    node.backlog = [];
    node.state = undefined;
    this.#tell(node.self, before, undefined);
  }

  #fault(pending: Pending<Node>): void {
    const fault = resolveFault(pending.data as PlannedFault, this, this.options.scenario);
    if (fault === undefined) {
      pending.at = this.now + LOOK_AGAIN;
      this.#queue.push(pending);
      return;
    }
    const nodes = fault.nodes.map((id) => this.byId.get(id)!);
    // Told before it takes effect, so that the lines after it are its consequences.
    this.emit({ at: this.now, kind: 'fault', ...fault });
    switch (fault.fault) {
      case 'crash':
        for (const node of nodes) this.#crash(node);
        break;
      case 'restart':
        for (const node of nodes) if (!node.up) this.#boot(node, fault.wipe ? undefined : node.disk);
        break;
      case 'pause':
        for (const node of nodes) node.paused = node.up;
        break;
      case 'resume':
        for (const node of nodes) this.#resume(node);
        break;
      case 'slow-disk':
        for (const node of nodes) node.diskTime = parseDistribution(fault.delay, 'delay');
        break;
      case 'clock':
        for (const node of nodes) {
          node.skew(fault.offsetMs, fault.driftPpm);
        }
        break;
      case 'byzantine':
        for (const node of nodes)
          node.behaviour =
            fault.behaviour === 'silent'
              ? () => undefined
              : this.options.scenario.behaviours?.[fault.behaviour];
        break;
      default:
        this.#links.fault(fault);
    }
  }

  #resume(node: Node): void {
    if (!node.paused) return;
    node.paused = false;
    const waiting = node.backlog;
    node.backlog = [];
    for (const item of waiting) {
      item.at = this.now;
      item.seq = ++this.#seq;
      this.#queue.push(item);
    }
  }

  #pending(
    kind: Pending<Node>['kind'],
    at: number,
    node: Node | undefined,
    name: string,
    data: unknown,
  ): Pending<Node> {
    return {
      at,
      seq: ++this.#seq,
      kind,
      node,
      epoch: node?.epoch ?? 0,
      name,
      data,
      from: undefined,
      id: 0,
      dead: false,
    };
  }

  emit(event: TraceEvent): void {
    const limit = this.options.traceLimit;
    if (event.kind === 'invoke' || event.kind === 'return') {
      if (limit > 0 && this.#operations < limit) {
        this.#operations++;
        this.events.push(event);
      }
    } else if (this.events.length - this.#operations < limit) this.events.push(event);
    else if (limit > 0)
      this.cut ??= `the trace was cut after ${limit} events, at ${ms(this.now)}; the checks saw the whole run`;
    for (const watcher of this.#listeners[event.kind]) {
      if (watcher.finding !== undefined) continue;
      const text = watcher.monitor.event!(event, this);
      if (text !== undefined) watcher.finding = { text, at: this.now };
    }
  }
}

type EventChoice = Exclude<Choice, { do: 'crash' } | { do: 'restart' }>;

function fits(pending: Pending<Node>, choice: EventChoice): boolean {
  if (choice.do === 'fire')
    return (
      pending.kind === 'timer' &&
      pending.name === choice.timer &&
      (choice.data === undefined || JSON.stringify(pending.data) === choice.data) &&
      pending.node?.self === choice.node &&
      pending.epoch === pending.node.epoch
    );
  return (
    pending.kind === 'deliver' &&
    pending.from?.self === choice.from &&
    pending.node?.self === choice.to &&
    JSON.stringify(pending.data) === choice.message
  );
}

function resembles(pending: Pending<Node>, choice: EventChoice): boolean {
  if (choice.do === 'fire' || pending.kind !== 'deliver') return false;
  const { type } = JSON.parse(choice.message) as Message;
  return (
    pending.from?.self === choice.from &&
    pending.node?.self === choice.to &&
    (pending.data as Message).type === type
  );
}

type Kind = TraceEvent['kind'];

function forKinds<T>(of: (kind: Kind) => T): Record<Kind, T> {
  const kinds: Kind[] = ['send', 'deliver', 'drop', 'state', 'fault', 'invoke', 'return', 'note', 'sample'];
  return Object.fromEntries(kinds.map((kind) => [kind, of(kind)])) as Record<Kind, T>;
}

interface DiskWrite {
  readonly disk: unknown;
  readonly rest: readonly AnyEffect[];
}

const ms = (us: number) => `${Math.round(us / 1000)} ms`;
