import type { Message } from '../wire.ts';
import { type Child, h, icon } from './dom.ts';
import { avatar, type Hands, messageView } from './message.ts';
import { discard, load } from './net.ts';
import { messagesIn, type Pending, type Place, placeKey, type State, samePlace } from './store.ts';

/** messages of one author within this many milliseconds stand together */
const TOGETHER = 5 * 60_000;

const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', month: 'long', day: 'numeric' });

export interface Feed {
  readonly element: HTMLElement;
  update(): void;
  toEnd(): void;
}

/**
 * The messages of a place. What did not change keeps its element: focus, selection and an opened picture stay.
 */
export function feed(
  state: State,
  place: Place,
  hands: Hands,
  parts: { readonly intro: () => Child; readonly edit: (text: string) => void },
): Feed {
  const key = placeKey(place);
  const items = new Map<string, { stamp: string; element: HTMLElement }>();
  const more = h(
    'button',
    {
      type: 'button',
      class: 'plain more',
      onclick: async () => {
        const first = messagesIn(state, place).find((m) => m.thread === place.thread);
        const from = scroller.scrollHeight - scroller.scrollTop;
        await load(state, place, first?.seq);
        update();
        scroller.scrollTop = scroller.scrollHeight - from;
      },
    },
    'Earlier messages',
  );
  const log = h('div', {
    class: 'log',
    role: 'log',
    'aria-label': place.thread ? 'Thread' : 'Messages',
    'aria-busy': 'true',
  });
  const intro = h('div', { class: 'intro' });
  const tail = h('div', { class: 'tail' });
  const down = h(
    'button',
    { type: 'button', class: 'primary down', hidden: true, onclick: () => toEnd() },
    icon('down'),
    'New messages',
  );
  const scroller = h('div', { class: 'scroller', tabindex: -1 }, intro, more, log, tail);
  const element = h('div', { class: 'feed' }, scroller, down);
  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 24;
  scroller.addEventListener('scroll', () => {
    if (atEnd()) down.hidden = true;
  });
  // pictures, fonts and the keyboard of a phone change heights; whoever reads the end stays there
  let following = true;
  scroller.addEventListener('scroll', () => {
    following = atEnd();
  });
  const sizes = new ResizeObserver(() => {
    if (following) scroller.scrollTop = scroller.scrollHeight;
  });
  sizes.observe(log);
  sizes.observe(scroller);

  const toEnd = () => {
    following = true;
    scroller.scrollTop = scroller.scrollHeight;
    down.hidden = true;
  };

  const update = () => {
    const messages = messagesIn(state, place);
    const follow = following;
    const loaded = state.loaded.get(key);
    if (loaded) log.ariaBusy = 'false';
    more.hidden = !loaded?.more;
    const top = parts.intro();
    if (!top) intro.replaceChildren();
    else if (intro.firstChild === null) intro.append(top);
    const busy = new Set([...state.busy.values()].map((b) => b.message));
    const wanted: HTMLElement[] = [];
    let before: Message | undefined;
    let newest: HTMLElement | undefined;
    for (const message of messages) {
      const fresh = !before || day.format(before.at) !== day.format(message.at);
      const joined =
        !fresh &&
        before?.from.id === message.from.id &&
        before.to === message.to &&
        message.at - before.at < TOGETHER &&
        before.id !== place.thread;
      const stamp = `${message.rev} ${joined} ${fresh}`;
      let item = items.get(message.id);
      if (item?.stamp !== stamp) {
        const view = messageView(message, { joined, inThread: place.thread !== undefined }, hands);
        if (fresh) view.dataset.day = day.format(message.at);
        if (item) handOver(item.element, view);
        else newest = view;
        item = { stamp, element: view };
        items.set(message.id, item);
      }
      item.element.ariaBusy = busy.has(message.id) ? 'true' : null;
      wanted.push(item.element);
      before = message;
    }
    const ids = new Set(messages.map((m) => m.id));
    for (const id of items.keys()) if (!ids.has(id)) items.delete(id);
    arrange(log, wanted);
    const waiting = state.pending.filter((p) => p.event.kind === 'write' && samePlace(p.place, place));
    const working = [...state.busy.values()].filter((b) => b.message === undefined && samePlace(b, place));
    const shape = JSON.stringify([
      waiting.map((p) => [p.event.id, p.refused, state.online]),
      working.map((b) => b.id),
    ]);
    if (tail.dataset.shape !== shape) {
      tail.dataset.shape = shape;
      tail.replaceChildren(
        ...waiting.map((p) => pendingView(state, p, parts.edit)),
        ...working.map(skeleton),
      );
    }
    const last = wanted.at(-1);
    const tall = newest !== undefined && last === newest && last.offsetHeight > scroller.clientHeight;
    if (follow && tall && loaded) {
      // an answer longer than the screen is read from its top
      following = false;
      scroller.scrollTop = last.offsetTop - 8;
    } else if (follow) toEnd();
    else if (newest && loaded) down.hidden = false;
  };
  return { element, update, toEnd };
}

/** Puts the wanted elements in order, touching only what is out of place. */
function arrange(parent: HTMLElement, wanted: readonly HTMLElement[]): void {
  const keep = new Set<Element>(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((element, i) => {
    if (parent.children[i] !== element) parent.insertBefore(element, parent.children[i] ?? null);
  });
}

/** A message that changed in place keeps the reader's focus: on the same control, else on the message. */
function handOver(old: HTMLElement, view: HTMLElement): void {
  const focused = document.activeElement;
  const inside = focused !== null && old.contains(focused);
  const controls = (of: HTMLElement) => [
    ...of.querySelectorAll<HTMLElement>('button, a, select, input, summary'),
  ];
  const at = inside ? controls(old).indexOf(focused as HTMLElement) : -1;
  const same = at < 0 ? undefined : controls(view)[at];
  old.replaceWith(view);
  if (inside) (same && !same.matches(':disabled') ? same : view).focus({ preventScroll: true });
}

function skeleton(): HTMLElement {
  return h(
    'div',
    { class: 'working' },
    avatar({ id: 'quorum', name: 'Quorum', bot: true }),
    h('div', { class: 'bars', 'aria-hidden': 'true' }, h('span'), h('span'), h('span')),
    h('p', {}, 'Quorum is working on it', h('span', { class: 'dots', 'aria-hidden': 'true' })),
  );
}

function pendingView(state: State, pending: Pending, edit: (text: string) => void): HTMLElement {
  const text = pending.event.kind === 'write' ? pending.event.text : '';
  const { refused } = pending;
  return h(
    'div',
    { class: `pending${refused ? ' refused' : ''}` },
    h('p', { class: 'words' }, text),
    refused
      ? h(
          'p',
          { class: 'wrong', role: 'alert' },
          `Not sent. ${refused} `,
          h(
            'button',
            {
              type: 'button',
              class: 'plain',
              onclick: () => {
                discard(state, pending);
                edit(text);
              },
            },
            'Edit',
          ),
          h('button', { type: 'button', class: 'plain', onclick: () => discard(state, pending) }, 'Discard'),
        )
      : h('p', { class: 'hint' }, state.online ? 'Sending' : 'Kept. It is sent when the connection is back.'),
  );
}
