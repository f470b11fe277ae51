import type { Field } from '../../../src/chat.ts';
import type { OpenForm, WireBlock } from '../wire.ts';
import { type Child, h, icon, session, unique } from './dom.ts';

/** Native dialogs: the browser keeps the focus inside, closes on Esc and gives the focus back. */
function dialog(kind: string, title: string, ...children: readonly Child[]): HTMLDialogElement {
  const id = unique('title');
  const close = h(
    'button',
    { type: 'button', class: 'ghost', 'aria-label': 'Close', onclick: () => box.close() },
    icon('close'),
  );
  const box: HTMLDialogElement = h(
    'dialog',
    { class: kind, 'aria-labelledby': id, onclose: () => box.remove() },
    h('header', {}, h('h2', { id }, title), close),
    ...children,
  );
  // a press on the backdrop lands on the dialog itself
  let down: EventTarget | null = null;
  box.addEventListener('pointerdown', (event) => {
    down = event.target;
  });
  box.addEventListener('click', (event) => {
    if (event.target === box && down === box) box.close();
  });
  document.body.append(box);
  box.showModal();
  return box;
}

export function showPicture({
  url,
  alt,
  title,
  name,
  width,
  height,
}: Extract<WireBlock, { kind: 'image' }>): void {
  const img = h('img', { src: url, alt, width, height });
  const zoom = h(
    'button',
    {
      type: 'button',
      class: 'plain',
      'aria-pressed': 'false',
      onclick: () => {
        const large = img.classList.toggle('actual');
        zoom.setAttribute('aria-pressed', String(large));
      },
    },
    'Actual size',
  );
  dialog(
    'viewer',
    title ?? name,
    h('div', { class: 'canvas', tabindex: 0, role: 'group', 'aria-label': 'Picture, scrollable' }, img),
    h('p', { class: 'story', tabindex: 0 }, alt),
    h('footer', {}, zoom, h('a', { class: 'plain button', href: url, download: name }, 'Save')),
  );
}

/** Asks for one line; undefined when closed. `send` may refuse with words shown under the line. */
export function askLine(
  title: string,
  label: string,
  options: { readonly value?: string; readonly hint?: string; readonly max: number; readonly submit: string },
  send: (value: string) => Promise<void>,
): void {
  const wrong = h('p', { class: 'wrong', role: 'alert' });
  const id = unique('line');
  const input = h('input', {
    id,
    name: 'line',
    required: true,
    maxlength: options.max,
    value: options.value,
    autocomplete: 'off',
    autofocus: true,
    'aria-describedby': `${id}-hint`,
  });
  const form = h(
    'form',
    {
      onsubmit: async (event: SubmitEvent) => {
        event.preventDefault();
        try {
          await send(input.value);
          box.close();
        } catch (error) {
          wrong.textContent = said(error);
          input.focus();
        }
      },
    },
    h('label', { for: id }, label),
    input,
    options.hint && h('p', { class: 'hint', id: `${id}-hint` }, options.hint),
    wrong,
    h('footer', {}, h('button', { type: 'submit', class: 'primary' }, options.submit)),
  );
  const box = dialog('sheet', title, form);
}

export const said = (error: unknown) =>
  error instanceof Error && error.message ? error.message : 'No connection to the server. Please try again.';

type Values = Record<string, string | readonly string[]>;

/** A form of the bot's. What was filled in is kept until the server has it, over a closed dialog or a reload too. */
export function showForm({ form, message }: OpenForm, send: (fields: Values) => Promise<void>): void {
  const draft = `form ${message} ${form.action}`;
  const before = readDraft(draft);
  const wrong = h('p', { class: 'wrong', role: 'alert' });
  const go = h('button', { type: 'submit', class: 'primary' }, form.submit ?? 'Send');
  const fields = form.fields.map((field) => fieldView(field, before[field.name]));
  const read = () => Object.fromEntries(form.fields.map((f, i) => [f.name, fields[i]!.read()]));
  const element = h(
    'form',
    {
      onsubmit: async (event: SubmitEvent) => {
        event.preventDefault();
        if (go.ariaBusy === 'true') return;
        go.ariaBusy = 'true';
        wrong.textContent = '';
        const slow = setTimeout(() => {
          wrong.textContent = 'Still sending. What you wrote is kept until the server has it.';
        }, 4000);
        try {
          await send(read());
          session.set(draft, undefined);
          box.close();
        } catch (error) {
          wrong.textContent = said(error);
        } finally {
          clearTimeout(slow);
          go.ariaBusy = null;
        }
      },
      oninput: () => session.set(draft, JSON.stringify(read())),
    },
    ...fields.map((f) => f.element),
    wrong,
    h(
      'footer',
      {},
      h('button', { type: 'button', class: 'plain', onclick: () => box.close() }, 'Cancel'),
      go,
    ),
  );
  const box = dialog('sheet', form.title, element);
  element.querySelector<HTMLElement>('input, textarea, select')?.focus();
}

function readDraft(key: string): Values {
  try {
    const value: unknown = JSON.parse(session.get(key) ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Values) : {};
  } catch {
    return {};
  }
}

interface FieldView {
  readonly element: HTMLElement;
  read(): string | readonly string[];
}

const FEW = 6;

function fieldView(field: Field, draft: string | readonly string[] | undefined): FieldView {
  const id = unique('field');
  const hint = field.hint && h('p', { class: 'hint', id: `${id}-hint` }, field.hint);
  const shared = {
    id,
    name: field.name,
    required: field.required,
    'aria-describedby': field.hint ? `${id}-hint` : undefined,
  };
  const label = h(
    'label',
    { for: id },
    field.label,
    !field.required && h('span', { class: 'optional' }, ' (optional)'),
  );
  const wrap = (...children: readonly Child[]) =>
    h('div', { class: 'field', 'data-field': field.name }, ...children);
  if (!('options' in field)) {
    const value = typeof draft === 'string' ? draft : (field.value ?? '');
    const input =
      field.kind === 'line'
        ? h('input', { ...shared, maxlength: field.maxLength, autocomplete: 'off' })
        : h('textarea', { ...shared, maxlength: field.maxLength, rows: 6 });
    input.value = value;
    return { element: wrap(label, hint, input), read: () => input.value };
  }
  const chosen = Array.isArray(draft) ? draft : typeof draft === 'string' ? [draft] : (field.value ?? []);
  if (field.kind === 'one' && field.options.length > FEW) {
    const select = h(
      'select',
      shared,
      h('option', { value: '' }, 'Choose'),
      ...field.options.map((o) =>
        h('option', { value: o.value, selected: chosen.includes(o.value) }, o.label),
      ),
    );
    return { element: wrap(label, hint, select), read: () => select.value };
  }
  const several = field.kind === 'several';
  const inputs = field.options.map((o) =>
    h('input', {
      type: several ? 'checkbox' : 'radio',
      name: `${id}-${field.name}`,
      value: o.value,
      checked: chosen.includes(o.value),
      required: !several && field.required,
    }),
  );
  const check = () =>
    inputs[0]?.setCustomValidity(
      several && field.required && !inputs.some((i) => i.checked) ? 'Choose at least one.' : '',
    );
  check();
  const element = h(
    'fieldset',
    { class: 'field', 'data-field': field.name, onchange: check },
    h('legend', {}, field.label, !field.required && h('span', { class: 'optional' }, ' (optional)')),
    hint,
    ...field.options.map((o, i) =>
      h(
        'label',
        { class: 'option' },
        inputs[i],
        h('span', { class: 'label' }, o.label),
        o.description && h('span', { class: 'description' }, o.description),
      ),
    ),
  );
  return {
    element,
    read: () => {
      const values = inputs.filter((i) => i.checked).map((i) => i.value);
      return several ? values : (values[0] ?? '');
    },
  };
}
