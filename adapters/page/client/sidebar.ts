import { h, icon, kept } from './dom.ts';
import { avatar } from './message.ts';
import { channelTitle, direct, type State } from './store.ts';

export interface Sidebar {
  readonly element: HTMLElement;
  update(): void;
  focus(): void;
}

const THEMES = ['auto', 'light', 'dark'] as const;
const THEME_ICONS = { auto: 'auto', light: 'sun', dark: 'moon' } as const;
type Theme = (typeof THEMES)[number];

export function theme(): Theme {
  const chosen = kept.get('theme');
  return THEMES.find((t) => t === chosen) ?? 'auto';
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme();
}

export function sidebar(
  state: State,
  acts: {
    readonly addChannel: () => void;
    readonly rename: () => void;
    readonly address: (channel: string) => string;
    readonly close: () => void;
  },
): Sidebar {
  const channels = h('ul', {});
  const person = h('button', { type: 'button', class: 'ghost me', onclick: acts.rename });
  const look = h('button', {
    type: 'button',
    class: 'ghost',
    onclick: () => {
      kept.set('theme', THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
      applyTheme();
      shown = '';
      update();
    },
  });
  const element = h(
    'nav',
    { class: 'side', 'aria-label': 'Channels' },
    h(
      'header',
      {},
      h('span', { class: 'brand' }, 'Quorum'),
      h(
        'button',
        { type: 'button', class: 'ghost close', 'aria-label': 'Close channels', onclick: acts.close },
        icon('close'),
      ),
    ),
    channels,
    h(
      'button',
      { type: 'button', class: 'ghost add', onclick: acts.addChannel },
      icon('plus'),
      'Add a channel',
    ),
    h('footer', {}, person, look),
  );
  let shown = '';
  const update = () => {
    const shape = JSON.stringify([state.channels, state.place.channel, [...state.unread], state.me.name]);
    if (shape === shown) return;
    shown = shape;
    const focused = channels.contains(document.activeElement)
      ? document.activeElement?.getAttribute('href')
      : null;
    channels.replaceChildren(
      ...[direct(state), ...state.channels].map((channel) => {
        const unread = state.unread.get(channel) ?? 0;
        const href = acts.address(channel);
        return h(
          'li',
          {},
          h(
            'a',
            {
              href,
              class: unread > 0 ? 'unread' : undefined,
              'aria-current': channel === state.place.channel ? 'page' : undefined,
            },
            icon(channel.startsWith('@') ? 'bot' : 'hash'),
            h('span', { class: 'name' }, channelTitle(channel).replace(/^#/, '')),
            unread > 0 &&
              h(
                'span',
                { class: 'badge', 'aria-label': `${unread} new` },
                unread > 99 ? '99+' : String(unread),
              ),
          ),
        );
      }),
    );
    if (focused) channels.querySelector<HTMLElement>(`a[href="${CSS.escape(focused)}"]`)?.focus();
    person.replaceChildren(
      avatar({ id: state.me.id, name: state.me.name }),
      h('span', { class: 'name' }, state.me.name),
      icon('pencil'),
    );
    person.ariaLabel = `${state.me.name}: change your name`;
    const now = theme();
    look.replaceChildren(icon(THEME_ICONS[now]));
    look.ariaLabel = `Colours: ${now === 'auto' ? 'as the system' : now}. Change`;
    look.title = look.ariaLabel;
  };
  update();
  return {
    element,
    update,
    focus: () => channels.querySelector<HTMLElement>('[aria-current]')?.focus(),
  };
}
