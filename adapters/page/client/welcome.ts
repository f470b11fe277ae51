import { type Child, h, icon, kept } from './dom.ts';
import { changed, type State } from './store.ts';

const FIRST = [
  {
    name: 'simulate',
    line: '/simulate raft preset=leader-crash',
    what: 'Watch a Raft cluster lose its leader and elect another, as it really ran.',
  },
  { name: 'quiz', line: '/quiz', what: 'Answer a question, and see why the wrong answers tempt.' },
  { name: 'help', line: '/help', what: 'See everything else I can do.' },
];

/** Tells a newcomer three things to try, until something was tried. */
export function welcome(state: State, write: (text: string) => void) {
  const KEY = 'welcomed';
  const over = () => {
    if (kept.get(KEY)) return;
    kept.set(KEY, 'yes');
    done = true;
    changed();
  };
  let done = kept.get(KEY) !== undefined;
  return {
    over,
    view(): Child {
      if (done) return undefined;
      const known = FIRST.filter((f) => state.start.commands.some((c) => c.name === f.name));
      return h(
        'section',
        { class: 'welcome', 'aria-label': 'Welcome' },
        h(
          'button',
          { type: 'button', class: 'ghost', 'aria-label': 'Close the welcome', onclick: over },
          icon('close'),
        ),
        h('h2', {}, `Welcome, ${state.me.name}`),
        h(
          'p',
          {},
          'I am Quorum. I get you through the distributed-systems part of a senior interview by running the real protocols: nothing you see here is scripted.',
        ),
        known.length > 0 && h('p', {}, 'Three things to try:'),
        h(
          'ul',
          {},
          ...known.map((f) =>
            h(
              'li',
              {},
              h(
                'button',
                { type: 'button', class: 'try', onclick: () => write(f.line) },
                h('code', {}, f.line),
                h('span', {}, f.what),
              ),
            ),
          ),
        ),
        h(
          'p',
          { class: 'hint' },
          'Or type / and choose, or @quorum and ask. Others on this page see what you ask in a channel; in “You and Quorum” nobody does.',
        ),
      );
    },
  };
}
