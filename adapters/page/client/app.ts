import type { Message } from '../wire.ts';
import { type Composer, composer } from './composer.ts';
import { askLine, showForm, showPicture } from './dialogs.ts';
import { type Child, h, icon, randomId } from './dom.ts';
import { type Feed, feed } from './feed.ts';
import type { Hands } from './message.ts';
import { addChannel, connect, join, load, restoreOutbox, send, visible } from './net.ts';
import { sidebar } from './sidebar.ts';
import {
  changed,
  channelTitle,
  direct,
  type Place,
  placeKey,
  type State,
  samePlace,
  watch,
} from './store.ts';
import { welcome } from './welcome.ts';

interface Pane {
  readonly place: Place;
  readonly element: HTMLElement;
  readonly feed: Feed;
  readonly composer: Composer;
  update(): void;
}

const address = (state: State, { channel, thread }: Place) =>
  `#/${[channel === direct(state) ? '@' : channel, thread]
    .filter(Boolean)
    .map((p) => encodeURIComponent(p!))
    .join('/')}`;

export function app(state: State): void {
  const root = document.getElementById('app')!;
  const wide = window.matchMedia('(min-width: 900px)');
  const main = h('main', { class: 'main', id: 'main' });
  const aside = h('aside', { class: 'thread', 'aria-label': 'Thread', hidden: true });
  const banner = h(
    'div',
    { class: 'banner', role: 'status', hidden: true },
    h('span', {}, 'Connection lost. What you write is kept and sent when it is back.'),
    h('button', { type: 'button', class: 'plain', onclick: () => stream.again() }, 'Try now'),
  );
  const go = (place: Place) => {
    window.location.hash = address(state, place);
  };

  const write = (place: Place, text: string, files?: Readonly<Record<string, File>>) => {
    const event = {
      id: randomId(),
      kind: 'write' as const,
      channel: place.channel,
      ...(place.thread && { thread: place.thread }),
      text,
    };
    welcomed.over();
    mine.add(event.id);
    panes.find((p) => samePlace(p.place, place))?.feed.toEnd();
    void send(state, event, place, files).catch(() => {
      // shown under the message itself
    });
  };

  /** events sent from this window: a thread opened in answer to them opens here */
  const mine = new Set<string>();
  const hands: Hands = {
    me: state.me.id,
    async press(message, action) {
      const event = { id: randomId(), kind: 'press' as const, message: message.id, action };
      mine.add(event.id);
      const ack = await send(state, event, at(message)).catch(() => undefined);
      const form = ack?.form;
      if (form)
        showForm(form, async (fields) => {
          const { message: on, seal } = form;
          const id = randomId();
          mine.add(id);
          const submit = { id, kind: 'submit' as const, message: on, action: form.form.action, seal, fields };
          await send(state, submit, at(message));
        });
    },
    async choose(message, action, values) {
      const event = { id: randomId(), kind: 'choose' as const, message: message.id, action, values };
      mine.add(event.id);
      await send(state, event, at(message)).catch(() => undefined);
    },
    open: (message) => go({ channel: message.channel, thread: message.id }),
    enlarge: showPicture,
  };
  const at = ({ channel, thread }: Message): Place => ({ channel, ...(thread && { thread }) });
  const welcomed = welcome(state, (text) => write({ channel: state.place.channel }, text));

  const side = sidebar(state, {
    addChannel: () =>
      askLine(
        'Add a channel',
        'Name',
        { hint: 'Letters, digits and dashes, such as system-design.', max: 32, submit: 'Add' },
        async (name) => {
          const added = await addChannel(name);
          if (!state.channels.includes(added.name)) state.channels = [...state.channels, added.name];
          go({ channel: added.name });
          changed();
        },
      ),
    rename: () =>
      askLine(
        'Your name',
        'Name',
        { value: state.me.name, max: state.start.limits.name, submit: 'Save' },
        async (name) => {
          state.me = await join(name);
          changed();
        },
      ),
    address: (channel) => address(state, { channel }),
    close: () => drawer(false),
  });

  const scrim = h('div', { class: 'scrim', onclick: () => drawer(false) });
  const menu = h(
    'button',
    {
      type: 'button',
      class: 'ghost menu',
      'aria-label': 'Channels',
      'aria-expanded': 'false',
      onclick: () => drawer(true),
    },
    icon('menu'),
  );
  const drawer = (open: boolean) => {
    const was = root.classList.contains('drawer');
    root.classList.toggle('drawer', open);
    menu.ariaExpanded = String(open);
    fold();
    if (open) side.focus();
    else if (was && !wide.matches) menu.focus();
  };
  /** what is not on screen cannot be reached by Tab either */
  const fold = () => {
    const open = root.classList.contains('drawer');
    side.element.inert = !wide.matches && !open;
    main.inert = !wide.matches && (open || state.place.thread !== undefined);
    aside.inert = !wide.matches && open;
  };
  wide.addEventListener('change', fold);

  let panes: readonly Pane[] = [];
  const pane = (place: Place, head: readonly Child[], intro: () => Child): Pane => {
    const box = composer(state, place, (text, files) => write(place, text, files));
    const list = feed(state, place, hands, { intro, edit: (text) => box.put(text) });
    const element = h(
      'section',
      { class: 'pane' },
      h('header', { class: 'head' }, ...head),
      list.element,
      box.element,
    );
    return { place, element, feed: list, composer: box, update: list.update };
  };

  const channelPane = (place: Place) => {
    const title = h('h1', {}, channelTitle(place.channel));
    const about = place.channel.startsWith('@')
      ? 'Only you and Quorum see this'
      : 'Everybody on this page sees this';
    return pane(place, [menu, title, h('p', { class: 'about' }, about)], () => welcomed.view());
  };

  const threadPane = (place: Place) => {
    const title = h('h2', {}, 'Thread');
    const close = h(
      'button',
      {
        type: 'button',
        class: 'ghost',
        'aria-label': 'Close thread',
        onclick: () => go({ channel: place.channel }),
      },
      icon('close'),
    );
    const made = pane(
      place,
      [title, h('p', { class: 'about' }, channelTitle(place.channel)), close],
      () => undefined,
    );
    const update = () => {
      title.textContent = state.messages.get(place.thread!)?.replies?.title ?? 'Thread';
      made.update();
    };
    return { ...made, update };
  };

  const route = () => {
    const [first = '', thread] = window.location.hash.replace(/^#\/?/, '').split('/').map(safeDecode);
    const channel = first === '@' ? direct(state) : first;
    const known = channel === direct(state) || state.channels.includes(channel);
    const place: Place = known
      ? { channel, ...(thread && { thread }) }
      : { channel: state.channels[0] ?? direct(state) };
    const before = state.place;
    state.place = place;
    state.unread.delete(place.channel);
    const wanted = visible(state);
    const closing =
      before.thread !== undefined && place.thread === undefined && before.channel === place.channel;
    panes = wanted.map(
      (p) => panes.find((old) => samePlace(old.place, p)) ?? (p.thread ? threadPane(p) : channelPane(p)),
    );
    if (main.firstChild !== panes[0]!.element) main.replaceChildren(panes[0]!.element);
    aside.hidden = panes.length < 2;
    if (!panes[1]) aside.replaceChildren();
    else if (aside.firstChild !== panes[1].element) aside.replaceChildren(panes[1].element);
    root.classList.toggle('with-thread', panes.length > 1);
    if (root.classList.contains('drawer')) drawer(false);
    fold();
    for (const p of wanted) if (!state.loaded.get(placeKey(p))?.fresh) void load(state, p);
    if (closing)
      main.querySelector<HTMLElement>(`[data-open-thread="${CSS.escape(before.thread!)}"]`)?.focus();
    // a phone's keyboard would cover what was opened
    else if (wide.matches) panes.at(-1)!.composer.focus();
    else if (place.thread) aside.querySelector<HTMLElement>('.head button')?.focus();
    document.title = `${channelTitle(place.channel)} · Quorum`;
    changed();
    for (const p of panes) p.feed.toEnd();
  };

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return;
    if (root.classList.contains('drawer')) drawer(false);
    else if (state.place.thread !== undefined) go({ channel: state.place.channel });
  });
  window.addEventListener('hashchange', route);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && state.unread.delete(state.place.channel)) changed();
  });

  const opened = new Set<string>();
  const openThreads = () => {
    for (const message of state.messages.values()) {
      if (!message.replies?.title || !message.event || !mine.has(message.event) || opened.has(message.id))
        continue;
      opened.add(message.id);
      if (wide.matches && message.channel === state.place.channel && state.place.thread === undefined)
        go({ channel: message.channel, thread: message.id });
    }
  };

  watch(() => {
    banner.hidden = state.online;
    for (const p of panes) p.update();
    side.update();
    openThreads();
    const unread = [...state.unread.values()].reduce((a, b) => a + b, 0);
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${channelTitle(state.place.channel)} · Quorum`;
  });

  root.replaceChildren(banner, side.element, scrim, main, aside);
  root.className = 'app';
  route();
  restoreOutbox(state);
  const stream = connect(state);
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
