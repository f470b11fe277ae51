import { app } from './app.ts';
import { said } from './dialogs.ts';
import { h } from './dom.ts';
import { getStart, join, Refusal } from './net.ts';
import { applyTheme } from './sidebar.ts';
import type { State } from './store.ts';

applyTheme();
void begin();

async function begin(): Promise<void> {
  const root = document.getElementById('app')!;
  try {
    const start = await getStart();
    const me = start.me ?? (await askName(root, start.limits.name));
    const state: State = {
      start,
      me,
      place: { channel: start.channels[0] ?? `@${me.id}` },
      channels: start.channels,
      messages: new Map(),
      loaded: new Map(),
      busy: new Map(),
      pending: [],
      online: true,
      unread: new Map(),
    };
    app(state);
  } catch (error) {
    const again = h(
      'button',
      { type: 'button', class: 'primary', onclick: () => window.location.reload() },
      'Try again',
    );
    const words = error instanceof Refusal ? error.message : 'The server cannot be reached just now.';
    root.className = 'card';
    root.replaceChildren(h('main', {}, h('h1', {}, 'Quorum'), h('p', { role: 'alert' }, words), again));
  }
}

/** The first visit: a name is all it takes. */
function askName(root: HTMLElement, max: number): Promise<State['me']> {
  return new Promise((resolve) => {
    const wrong = h('p', { class: 'wrong', role: 'alert' });
    const input = h('input', {
      id: 'name',
      name: 'name',
      required: true,
      maxlength: max,
      autocomplete: 'nickname',
      'aria-describedby': 'name-hint',
    });
    const form = h(
      'form',
      {
        onsubmit: async (event: SubmitEvent) => {
          event.preventDefault();
          try {
            resolve(await join(input.value));
          } catch (error) {
            wrong.textContent = said(error);
            input.focus();
          }
        },
      },
      h('label', { for: 'name' }, 'What should we call you?'),
      input,
      h('p', { class: 'hint', id: 'name-hint' }, 'Others on this page see it. No password, no mail address.'),
      wrong,
      h('button', { type: 'submit', class: 'primary' }, 'Come in'),
    );
    root.className = 'card';
    root.replaceChildren(
      h(
        'main',
        {},
        h('h1', {}, 'Quorum'),
        h('p', {}, 'Distributed systems for senior interviews, learned by running the real protocols.'),
        form,
      ),
    );
    input.focus();
  });
}
