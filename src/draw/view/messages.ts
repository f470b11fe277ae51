import type { Ink } from '../../sim/scenario.ts';
import type { DropReason, EventOf } from '../../sim/trace.ts';
import { clean } from '../text.ts';
import type { Frame, LegendView } from '../view.ts';

export interface MessageView {
  readonly from: number;
  readonly to: number;
  readonly sent: number;
  /** when the line ends, which may be beyond the window */
  readonly ended: number;
  /** `open`: still under way at the end of what is drawn */
  readonly fate: 'arrived' | 'lost' | 'open';
  /** how far it got: 0 at the sender, 1 at the receiver */
  readonly reach: number;
  readonly ink: Ink;
  readonly name: string;
  /** what it carries, in its sender's short words */
  readonly label: string;
}

/** Drawn at most: beyond it lines are a grey sheet. Those that matter stay. */
export const MOST_MESSAGES = 800;

/** The ones that matter last, so that they lie on top. */
const ORDER: readonly Ink[] = ['quiet', 'reply', 'data', 'ask', 'grant', 'decide', 'bad'];
const RANK = Object.fromEntries(ORDER.map((ink, i) => [ink, i])) as Record<Ink, number>;

interface Sent {
  readonly event: EventOf<'send'>;
  readonly index: number;
  readonly ink: Ink;
  ended?: number;
  dropped?: DropReason;
  reach: number;
}

export function messagesOf(frame: Frame): {
  messages: MessageView[];
  total: number;
  legend: LegendView['messages'];
  /** number in `messages` of the step's message */
  marked: number | undefined;
} {
  const { run, from, to, end, lanes, options } = frame;
  const { look } = run.scenario;
  const inks = new Map(Object.entries(look.messages).map(([type, { ink }]) => [type, ink]));
  const inkOf = (type: string): Ink => inks.get(type) ?? 'quiet';
  const sent: Sent[] = [];
  const byId = new Map<number, Sent>();
  const barriers = new Barriers(lanes);
  let stepId: number | undefined;
  run.events.forEach((event, index) => {
    if (event.kind === 'fault') barriers.fault(event);
    if (event.kind !== 'send' && event.kind !== 'deliver' && event.kind !== 'drop') return;
    if (index === options.step) stepId = event.id;
    if (event.kind === 'send') {
      const known = lanes.has(event.from) && lanes.has(event.to) && event.from !== event.to;
      if (!known || event.at > end) return;
      const message: Sent = { event, index, ink: inkOf(event.type), reach: 1 };
      byId.set(event.id, message);
      sent.push(message);
      return;
    }
    const message = byId.get(event.id);
    if (message === undefined) return;
    message.ended = event.at;
    if (event.kind === 'drop') {
      message.dropped = event.why;
      message.reach = reachOf(message, barriers);
    }
  });
  const usual = median(
    sent.filter((m) => m.ended !== undefined && !m.dropped).map((m) => m.ended! - m.event.at),
  );
  const inWindow = sent.filter((m) => (m.ended ?? to) >= from && m.event.at <= to);
  const chosen = choose(inWindow, stepId).sort((a, b) => RANK[a.ink] - RANK[b.ink] || a.index - b.index);
  const messages = chosen.map((m): MessageView => {
    const lost = m.dropped !== undefined;
    const ended = m.ended ?? m.event.at + Math.max(1, usual);
    const word = look.messages[m.event.type]?.legend ?? m.event.type;
    const common = {
      from: lanes.get(m.event.from)!,
      to: lanes.get(m.event.to)!,
      sent: m.event.at,
      ink: m.ink,
      name: clean(word, 40),
      label: m.event.label === word ? '' : clean(m.event.label, 60),
    };
    if (m.ended !== undefined && ended <= end)
      return { ...common, ended, fate: lost ? 'lost' : 'arrived', reach: m.reach };
    const way = Math.min(1, (end - m.event.at) / (ended - m.event.at));
    return { ...common, ended: Math.min(end, ended), fate: 'open', reach: round(way * m.reach) };
  });
  const marked = stepId === undefined ? -1 : chosen.findIndex((m) => m.event.id === stepId);
  return {
    messages,
    total: inWindow.length,
    legend: legendOf(chosen, look.messages),
    marked: marked < 0 ? undefined : marked,
  };
}

/** Where the cross stands: at the cut, half-way for chance, at a dead receiver's door. */
function reachOf(message: Sent, barriers: Barriers): number {
  if (message.dropped === 'crashed') return 1;
  if (message.dropped === 'silenced') return 0.15;
  if (message.dropped === 'partition') return barriers.reach(message.event.from, message.event.to);
  return 0.5;
}

/** Who cannot talk to whom, followed through the run. */
class Barriers {
  readonly #lanes: ReadonlyMap<string, number>;
  #groups = new Map<number, number>();

  constructor(lanes: ReadonlyMap<string, number>) {
    this.#lanes = lanes;
  }

  fault(event: EventOf<'fault'>): void {
    if (event.fault === 'partition') this.#groups = groupsOf(event.groups, this.#lanes);
  }

  reach(from: string, to: string): number {
    const a = this.#lanes.get(from)!;
    const b = this.#lanes.get(to)!;
    const mine = this.#groups.get(a);
    const distance = Math.abs(b - a);
    for (let i = 1; i < distance; i++) {
      const group = this.#groups.get(a + Math.sign(b - a) * i);
      if (mine !== undefined && group !== undefined && group !== mine) return round((i - 0.5) / distance);
    }
    return round((distance - 0.5) / distance);
  }
}

export function groupsOf(
  groups: readonly (readonly string[])[],
  lanes: ReadonlyMap<string, number>,
): Map<number, number> {
  const found = new Map<number, number>();
  groups.forEach((group, i) => {
    for (const node of group) {
      const lane = lanes.get(node);
      if (lane !== undefined) found.set(lane, i);
    }
  });
  return found;
}

/** All, or the loudest with an even sample of the ink that no longer fits whole. */
function choose(all: readonly Sent[], stepId: number | undefined): Sent[] {
  if (all.length <= MOST_MESSAGES) return [...all];
  const stepped = all.filter((m) => m.event.id === stepId);
  const chosen = new Set<Sent>(stepped);
  for (const ink of ORDER.toReversed()) {
    const room = MOST_MESSAGES - chosen.size;
    const candidates = all.filter((m) => m.ink === ink && !chosen.has(m));
    if (candidates.length <= room) for (const m of candidates) chosen.add(m);
    else {
      const every = candidates.length / Math.max(room, 1);
      for (let i = 0; i < room; i++) chosen.add(candidates[Math.floor(i * every)]!);
    }
  }
  return all.filter((m) => chosen.has(m));
}

function legendOf(
  sent: readonly Sent[],
  looks: Readonly<Record<string, { legend: string }>>,
): LegendView['messages'] {
  const types = new Map(sent.map((m) => [m.event.type, m.ink]));
  const ordered = [
    ...Object.keys(looks).filter((type) => types.has(type)),
    ...[...types.keys()].filter((type) => !Object.hasOwn(looks, type)),
  ];
  const words = new Map<string, Ink>();
  for (const type of ordered) {
    const word = clean(Object.hasOwn(looks, type) ? looks[type]!.legend : type, 40);
    if (!words.has(word)) words.set(word, types.get(type)!);
  }
  return [...words].map(([word, ink]) => ({ word, ink }));
}

function median(values: readonly number[]): number {
  return values.length === 0 ? 1 : values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

const round = (share: number) => Math.round(share * 1000) / 1000;
