/** Elements without markup strings: what people write is only ever set as text. */

type Value = string | number | boolean | undefined | null | ((event: never) => void);
export type Child = Node | string | undefined | null | false;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Readonly<Record<string, Value>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((c): c is Node | string => c !== undefined && c !== null && c !== false));
  return element;
}

/** 24x24 line drawings */
const ICONS = {
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M4 12l16-8-6 16-2.5-6.5z',
  attach: 'M20 11l-8.5 8.5a5 5 0 01-7-7L13 4a3.4 3.4 0 015 5l-8.3 8.2a1.7 1.7 0 01-2.4-2.4L15 7',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 017 0v3',
  thread: 'M4 5h16v11H10l-4 4v-4H4z',
  plus: 'M12 5v14M5 12h14',
  hash: 'M9 4L7 20M17 4l-2 16M4 9h16M3.5 15h16',
  bot: 'M12 4v3M5 8.5h14v10H5zM9 12.5v1.5M15 12.5v1.5',
  sun: 'M12 8a4 4 0 100 8 4 4 0 000-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  moon: 'M20 14.5A8.5 8.5 0 019.5 4a8.5 8.5 0 1010.5 10.5z',
  auto: 'M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17M12 3.5v17M12 7.5h5.5M12 12h8.5M12 16.5h5.5',
  down: 'M12 5v14M6 13l6 6 6-6',
  pencil: 'M5 19l1-4L16 5l3 3L9 18z',
  file: 'M7 3h7l4 4v14H7zM14 3v4h4',
} as const;
export type Icon = keyof typeof ICONS;

export function icon(name: Icon): SVGSVGElement {
  const SVG = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  // its button has a name of its own
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

let made = 0;
/** an id for elements that refer to each other */
export function unique(what: string): string {
  made += 1;
  return `${what}-${made}`;
}

/** crypto.randomUUID exists only on https and localhost; a study group may open a plain address. */
export function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, '0')).join('');
}

const status = () => document.getElementById('status');

/** Said once by a screen reader, not shown. */
export function announce(words: string): void {
  const place = status();
  if (!place) return;
  place.textContent = '';
  // a region is read out when its words change, also to the same ones
  setTimeout(() => {
    place.textContent = words;
  }, 50);
}

/** A short notice everybody sees; errors stay until read. */
export function notice(words: string): void {
  const box = document.getElementById('notices');
  const item = h(
    'div',
    { class: 'notice', role: 'alert' },
    h('span', {}, words),
    h(
      'button',
      { type: 'button', class: 'ghost', 'aria-label': 'Dismiss', onclick: () => item.remove() },
      icon('close'),
    ),
  );
  box?.append(item);
  while (box && box.children.length > 3) box.firstElementChild?.remove();
  setTimeout(() => item.remove(), 12_000);
}

/** Storage may be switched off; the page then remembers nothing, and works. */
export const memory = (kind: 'localStorage' | 'sessionStorage') => ({
  get(key: string): string | undefined {
    try {
      return window[kind].getItem(key) ?? undefined;
    } catch {
      return undefined;
    }
  },
  set(key: string, value: string | undefined): void {
    try {
      if (value === undefined) window[kind].removeItem(key);
      else window[kind].setItem(key, value);
    } catch {
      // full or forbidden: nothing depends on it
    }
  },
});
export const kept = memory('localStorage');
export const session = memory('sessionStorage');
