import type { CompletionQuery } from '../wire.ts';
import { type Advice, advise, type Hint, kindOf, quoted, type Suggestion } from './complete.ts';
import { h, icon, kept, unique } from './dom.ts';
import { complete } from './net.ts';
import { channelTitle, type Place, placeKey, type State } from './store.ts';

export interface Composer {
  readonly element: HTMLElement;
  focus(): void;
  /** puts text there to be edited; what stands there is kept in front */
  put(text: string): void;
}

/** milliseconds of silence before the server is asked what could follow */
const PAUSE = 120;

/** Where people write. Follows the combobox pattern with a listbox popup (WAI-ARIA 1.2 APG). */
export function composer(
  state: State,
  place: Place,
  send: (text: string, files: Readonly<Record<string, File>> | undefined) => void,
): Composer {
  const draft = `draft ${placeKey(place)}`;
  const ids = { list: unique('completions'), hint: unique('usage') };
  const direct = place.channel.startsWith('@');
  const input = h('textarea', {
    rows: 1,
    placeholder: direct
      ? 'Write to Quorum, or / for a command'
      : `${place.thread ? 'Reply' : `Message ${channelTitle(place.channel)}`}, or / for a command`,
    'aria-label': place.thread ? 'Reply in this thread' : `Message ${channelTitle(place.channel)}`,
    role: 'combobox',
    'aria-expanded': 'false',
    'aria-autocomplete': 'list',
    'aria-controls': ids.list,
    'aria-describedby': ids.hint,
    enterkeyhint: 'send',
    autocomplete: 'off',
    spellcheck: true,
  });
  input.value = kept.get(draft) ?? '';
  const list = h('div', {
    class: 'completions',
    id: ids.list,
    role: 'listbox',
    'aria-label': 'Completions',
    hidden: true,
  });
  const hint = h('div', { class: 'usage', id: ids.hint, hidden: true });
  const picker = h('input', { type: 'file', hidden: true, tabindex: -1 });
  const file = h('span', { class: 'chosen-file', hidden: true });
  const attach = h(
    'button',
    {
      type: 'button',
      class: 'ghost',
      'aria-label': 'Attach a file',
      hidden: true,
      onclick: () => picker.click(),
    },
    icon('attach'),
  );
  let chosenFile: File | undefined;
  let advice: Advice = { from: 0, to: 0, suggestions: [] };
  let shown: readonly Suggestion[] = [];
  let active = -1;
  let closed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = 0;

  const fileOption = () => advice.hint?.options.find((o) => o.option.type === 'file')?.option;

  const highlight = (i: number) => {
    active = i;
    [...list.children].forEach((item, n) => {
      item.ariaSelected = String(n === i);
    });
    const item = list.children[i];
    if (item) {
      input.setAttribute('aria-activedescendant', item.id);
      item.scrollIntoView({ block: 'nearest' });
    } else input.removeAttribute('aria-activedescendant');
  };

  const show = (suggestions: readonly Suggestion[]) => {
    shown = closed ? [] : suggestions;
    list.replaceChildren(
      ...shown.map((s, i) =>
        h(
          'div',
          {
            class: 'completion',
            role: 'option',
            id: `${ids.list}-${i}`,
            // keeps the focus where it is written
            onpointerdown: (event: PointerEvent) => event.preventDefault(),
            onclick: () => take(i),
          },
          h('span', { class: 'label' }, s.label),
          s.detail && h('span', { class: 'detail' }, s.detail),
        ),
      ),
    );
    list.hidden = shown.length === 0;
    input.setAttribute('aria-expanded', String(shown.length > 0));
    highlight(shown[0]?.sure ? 0 : -1);
  };

  const refresh = () => {
    round += 1;
    clearTimeout(timer);
    advice = advise(input.value, input.selectionStart ?? input.value.length, state.start.commands);
    hint.replaceChildren(...(advice.hint ? usage(advice.hint) : []));
    hint.hidden = !advice.hint;
    attach.hidden = fileOption() === undefined && chosenFile === undefined;
    show(advice.suggestions);
    const { ask } = advice;
    if (!ask || closed) return;
    const mine = round;
    timer = setTimeout(async () => {
      const query: CompletionQuery = {
        ...ask,
        channel: place.channel,
        ...(place.thread && { thread: place.thread }),
      };
      const found = await complete(query);
      if (mine !== round || found.length === 0) return;
      const values = found.map((o) => ({
        insert: `${quoted(o.value)} `,
        label: o.label,
        detail: o.description ?? (o.label === o.value ? undefined : o.value),
        sure: false,
      }));
      show([...values, ...advice.suggestions].slice(0, 25));
    }, PAUSE);
  };

  const take = (i: number) => {
    const suggestion = shown[i];
    if (!suggestion) return;
    input.setRangeText(suggestion.insert, advice.from, advice.to, 'end');
    changed();
    input.focus();
  };

  const grow = () => {
    input.style.height = 'auto';
    input.style.height = `${Math.min(input.scrollHeight, 220)}px`;
  };

  const changed = () => {
    closed = false;
    kept.set(draft, input.value || undefined);
    grow();
    refresh();
  };

  const submit = () => {
    const text = input.value.trim();
    if (text === '') return;
    advice = advise(input.value, input.value.length, state.start.commands);
    const option = fileOption();
    send(text, chosenFile && option ? { [option.name]: chosenFile } : undefined);
    kept.set('last', text);
    input.value = '';
    choose(undefined);
    changed();
  };

  const choose = (chosen: File | undefined) => {
    chosenFile = chosen;
    picker.value = '';
    file.hidden = chosen === undefined;
    file.replaceChildren(
      ...(chosen
        ? [
            icon('file'),
            h('span', {}, chosen.name),
            h(
              'button',
              {
                type: 'button',
                class: 'ghost',
                'aria-label': `Remove ${chosen.name}`,
                onclick: () => choose(undefined),
              },
              icon('close'),
            ),
          ]
        : []),
    );
  };

  input.addEventListener('input', changed);
  // the caret moved without a change
  input.addEventListener('keyup', (event) => {
    if (['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) refresh();
  });
  input.addEventListener('click', refresh);
  input.addEventListener('blur', () => show([]));
  input.addEventListener('focus', refresh);
  picker.addEventListener('change', () => {
    choose(picker.files?.[0]);
    input.focus();
  });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    const open = shown.length > 0;
    const plain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
    const done = () => event.preventDefault();
    if (event.key === 'Enter' && plain) {
      done();
      if (open && active >= 0) take(active);
      else submit();
    } else if (event.key === 'Tab' && plain && open && active >= 0) {
      done();
      take(active);
    } else if (event.key === 'Escape' && open) {
      done();
      event.stopPropagation();
      closed = true;
      show([]);
    } else if (open && (event.key === 'ArrowDown' || event.key === 'ArrowUp') && plain) {
      done();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      const n = shown.length;
      // one place before the first stands for “what I typed”
      highlight(((active + 1 + step + n + 1) % (n + 1)) - 1);
    } else if (event.key === 'ArrowUp' && plain && input.value === '') {
      const last = kept.get('last');
      if (last === undefined) return;
      done();
      input.value = last;
      changed();
    }
  });

  const form = h(
    'form',
    {
      class: 'composer',
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        submit();
        input.focus();
      },
    },
    list,
    hint,
    h(
      'div',
      { class: 'row' },
      attach,
      file,
      input,
      h('button', { type: 'submit', class: 'send', 'aria-label': 'Send' }, icon('send')),
    ),
    picker,
  );
  queueMicrotask(grow);
  return {
    element: form,
    focus: () => input.focus(),
    put(text) {
      input.value = [input.value, text].filter(Boolean).join(' ');
      changed();
      input.focus();
    },
  };
}

function usage(hint: Hint): Node[] {
  const part = ({ option, state }: Hint['options'][number]) =>
    h(
      'span',
      { class: `part ${state}`, title: `${kindOf(option)}. ${option.summary}` },
      option.required ? option.name : `${option.name}?`,
    );
  return [
    h(
      'span',
      { class: 'line' },
      h('b', {}, `/${hint.name}${hint.verb ? ` ${hint.verb}` : ''}`),
      ...hint.options.map(part),
    ),
    h('span', { class: 'now' }, hint.now),
  ];
}
