import type { Message, WireBlock } from '../wire.ts';
import { type Child, h, icon, unique } from './dom.ts';
import { words } from './words.ts';

/** What a message can ask of the page around it. */
export interface Hands {
  press(message: Message, action: string): Promise<void>;
  choose(message: Message, action: string, values: readonly string[]): Promise<void>;
  open(message: Message): void;
  enlarge(image: Extract<WireBlock, { kind: 'image' }>): void;
  readonly me: string;
}

/** a select with at most this many options is a row of buttons */
const FEW = 6;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

export interface Shown {
  /** follows one of the same author at once: no name again */
  readonly joined: boolean;
  /** in a thread, or under one already open */
  readonly inThread: boolean;
}

export function messageView(message: Message, { joined, inThread }: Shown, hands: Hands): HTMLElement {
  const { from, at, edited, to } = message;
  const time = h('time', { datetime: new Date(at).toISOString(), title: full.format(at) }, clock.format(at));
  const alone = to !== undefined && !message.channel.startsWith('@');
  const canOpen = !inThread && message.thread === undefined;
  // what only one person sees is no start of a conversation; a thread the bot opened under it is
  const canStart = canOpen && !alone && !message.replies;
  return h(
    'article',
    {
      class: ['message', from.bot && 'bot', joined && 'joined', alone && 'private'].filter(Boolean).join(' '),
      'data-id': message.id,
      'data-thread': message.thread,
      'aria-label': `${from.name}, ${clock.format(at)}${alone ? ', only you can see this' : ''}`,
      tabindex: -1,
    },
    avatar(from),
    h(
      'div',
      { class: 'body' },
      h(
        'header',
        {},
        h('span', { class: 'author' }, from.name),
        from.bot && h('span', { class: 'tag' }, 'bot'),
        time,
        edited && h('span', { class: 'edited' }, 'edited'),
      ),
      alone && h('p', { class: 'alone' }, icon('lock'), 'Only you can see this'),
      // a command reads as it was typed, not as markup
      ...(message.typed?.startsWith('/')
        ? [h('p', { class: 'words typed' }, message.typed)]
        : message.blocks.map((block) => view(block, message, hands))),
      canOpen && message.replies && threadLink(message, hands),
    ),
    canStart &&
      h(
        'button',
        {
          type: 'button',
          class: 'reply ghost',
          'aria-label': `Reply to ${from.name} in a thread`,
          title: 'Reply in a thread',
          onclick: () => hands.open(message),
        },
        icon('thread'),
      ),
  );
}

export function avatar({ id, name, bot }: Message['from']): HTMLElement {
  const letters = name
    .split(/\s+/)
    .map((word) => [...word][0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase();
  let hash = 0;
  for (const char of id) hash = (hash * 31 + char.charCodeAt(0)) % 8;
  return h(
    'span',
    { class: `avatar ${bot ? 'is-bot' : `tint-${hash}`}`, 'aria-hidden': 'true' },
    bot ? icon('bot') : letters,
  );
}

function threadLink(message: Message, hands: Hands): HTMLElement {
  const { title, count, own = 0 } = message.replies!;
  const all = count + own;
  const replies = `${all} ${all === 1 ? 'reply' : 'replies'}`;
  return h(
    'button',
    {
      type: 'button',
      class: 'thread-link',
      'data-open-thread': message.id,
      onclick: () => hands.open(message),
    },
    icon('thread'),
    h('span', { class: 'thread-title' }, title ?? 'Thread'),
    h('span', { class: 'thread-count' }, replies),
  );
}

type Views = {
  [K in WireBlock['kind']]: (b: Extract<WireBlock, { kind: K }>, m: Message, hands: Hands) => Node;
};

const VIEWS: Views = {
  text: (b) => h('div', { class: 'words' }, ...words(b.words)),
  aside: (b) => h('div', { class: 'words aside' }, ...words(b.words)),
  heading: (b) => h('h3', {}, b.text),
  code: (b) =>
    h(
      'pre',
      { class: 'code', tabindex: 0, 'aria-label': b.language ? `Code, ${b.language}` : 'Code' },
      h('code', {}, b.source),
    ),
  image: (b, _, hands) =>
    h(
      'figure',
      { class: 'picture' },
      h(
        'button',
        {
          type: 'button',
          class: 'enlarge',
          'aria-label': `Open picture: ${b.title ?? b.name}`,
          onclick: () => hands.enlarge(b),
        },
        h('img', {
          src: b.url,
          alt: b.alt,
          'data-name': b.name,
          width: b.width,
          height: b.height,
          decoding: 'async',
        }),
      ),
      h('details', {}, h('summary', {}, 'In words'), h('p', {}, b.alt)),
    ),
  file: (b) =>
    h(
      'a',
      { class: 'file', href: b.url, download: b.name },
      icon('file'),
      h('span', {}, b.title ?? b.name),
      h('span', { class: 'size' }, size(b.size)),
    ),
  buttons: (b, message, hands) =>
    h(
      'div',
      { class: 'buttons', role: 'group', 'aria-label': 'Actions' },
      ...b.buttons.map((button) =>
        h(
          'button',
          {
            type: 'button',
            class: button.style ?? 'plain',
            disabled: button.disabled,
            'data-action': button.action,
            onclick: (event: MouseEvent) => once(event, () => hands.press(message, button.action)),
          },
          button.label,
        ),
      ),
    ),
  select: (b, message, hands) => {
    const { options, placeholder, action, min = 1, max = 1 } = b;
    const pick = (event: Event, values: readonly string[]) =>
      once(event, () => hands.choose(message, action, values));
    if (max > 1) return several(b, min, max, pick);
    if (options.length <= FEW)
      return h(
        'div',
        { class: 'options', role: 'group', 'aria-label': placeholder },
        ...options.map((o) =>
          h(
            'button',
            {
              type: 'button',
              class: 'option',
              'data-value': o.value,
              onclick: (event: MouseEvent) => pick(event, [o.value]),
            },
            h('span', { class: 'label' }, o.label),
            o.description && h('span', { class: 'description' }, o.description),
          ),
        ),
      );
    const select = h(
      'select',
      { 'aria-label': placeholder },
      h('option', { value: '' }, placeholder),
      ...options.map((o) =>
        h('option', { value: o.value }, o.description ? `${o.label} · ${o.description}` : o.label),
      ),
    );
    // not on change: arrow keys change a closed select at every step
    const go = h(
      'button',
      {
        type: 'button',
        class: 'primary',
        disabled: true,
        onclick: (event: MouseEvent) => pick(event, [select.value]),
      },
      'Choose',
    );
    select.addEventListener('change', () => {
      go.disabled = select.value === '';
    });
    return h('div', { class: 'options wide', role: 'group', 'aria-label': placeholder }, select, go);
  },
};

const view = (block: WireBlock, message: Message, hands: Hands): Child =>
  (VIEWS[block.kind] as ((b: WireBlock, m: Message, h: Hands) => Node) | undefined)?.(block, message, hands);

function several(
  { options, placeholder }: Extract<WireBlock, { kind: 'select' }>,
  min: number,
  max: number,
  pick: (event: Event, values: readonly string[]) => void,
): HTMLElement {
  const name = unique('several');
  const go = h('button', { type: 'submit', class: 'primary', disabled: min > 0 }, 'Choose');
  const form = h(
    'form',
    {
      class: 'options',
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        pick(event, new FormData(form).getAll(name).map(String));
      },
      onchange: () => {
        const n = new FormData(form).getAll(name).length;
        go.disabled = n < min || n > max;
      },
    },
    h(
      'fieldset',
      {},
      h('legend', {}, placeholder),
      ...options.map((o) =>
        h(
          'label',
          { class: 'option' },
          h('input', { type: 'checkbox', name, value: o.value }),
          h('span', { class: 'label' }, o.label),
          o.description && h('span', { class: 'description' }, o.description),
        ),
      ),
    ),
    go,
  );
  return form;
}

/** A second press while the first is on its way is a slip of the finger. */
async function once(event: Event, act: () => Promise<void>): Promise<void> {
  const target = event.currentTarget as HTMLElement;
  if (target.ariaBusy === 'true') return;
  target.ariaBusy = 'true';
  try {
    await act();
  } finally {
    target.ariaBusy = null;
  }
}

function size(bytes: number): string {
  return bytes < 1024
    ? `${bytes} B`
    : bytes < 1024 ** 2
      ? `${Math.round(bytes / 1024)} KB`
      : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
