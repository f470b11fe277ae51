import { ComponentType, MessageFlags } from 'discord.js';
import { add, type FormErrors } from './schema.ts';
import type { Json } from './world.ts';

/** What Discord refuses although its schema allows it. */

/** An answer of the REST API that is no success. */
export class Refused extends Error {
  readonly status: number;
  readonly code: number;
  readonly errors: FormErrors | undefined;
  constructor(status: number, code: number, message: string, errors?: FormErrors) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

export const unknown = (code: number, what: string) => new Refused(404, code, `Unknown ${what}`);
export const invalidForm = (errors: FormErrors) => new Refused(400, 50035, 'Invalid Form Body', errors);

interface Component extends Json {
  readonly type: ComponentType;
  readonly custom_id?: string;
  readonly components?: Component[];
  readonly component?: Component;
  readonly options?: { value: string; default?: boolean }[];
}

export const TEXT_LIMIT = 2000;
const ROWS = 5;
const ROW_WIDTH = 5;

/** @throws Refused */
export function checkMessage(body: Json): void {
  const errors: FormErrors = {};
  const content = body.content;
  if (typeof content === 'string' && [...content].length > TEXT_LIMIT)
    add(errors, ['content'], 'BASE_TYPE_MAX_LENGTH', `Must be ${TEXT_LIMIT} or fewer in length.`);
  const components = (body.components ?? []) as Component[];
  const layout = ((Number(body.flags ?? 0) as MessageFlags) & MessageFlags.IsComponentsV2) !== 0;
  if (!layout) {
    if (components.length > ROWS)
      add(errors, ['components'], 'BASE_TYPE_BAD_LENGTH', `Must be between 1 and ${ROWS} in length.`);
    for (const [i, row] of components.entries()) {
      if (row.type !== ComponentType.ActionRow)
        add(errors, ['components', i, 'type'], 'UNION_TYPE_CHOICES', 'Only an action row may stand here.');
      const cells = row.components ?? [];
      const width = cells.reduce((sum, c) => sum + (c.type === ComponentType.Button ? 1 : ROW_WIDTH), 0);
      if (width > ROW_WIDTH || width === 0)
        add(
          errors,
          ['components', i],
          'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
          'The components take more or less than one row.',
        );
      for (const [j, c] of cells.entries()) checkCell(errors, ['components', i, 'components', j], c);
    }
  }
  checkIds(errors, components);
  if (Object.keys(errors).length > 0) throw invalidForm(errors);
}

function checkCell(errors: FormErrors, path: (string | number)[], c: Component): void {
  if (c.type === ComponentType.Button && !c.label && !c.emoji)
    add(errors, [...path, 'label'], 'BUTTON_COMPONENT_INVALID_LABEL', 'A button needs a label or an emoji.');
  if (c.type !== ComponentType.StringSelect) return;
  const options = c.options ?? [];
  if (new Set(options.map((o) => o.value)).size !== options.length)
    add(
      errors,
      [...path, 'options'],
      'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED',
      'Option values must be unique.',
    );
  const min = Number(c.min_values ?? 1);
  const max = Number(c.max_values ?? 1);
  if (min > max || max > options.length)
    add(
      errors,
      [...path, 'max_values'],
      'SELECT_COMPONENT_INVALID_VALUES',
      'More values than options, or min above max.',
    );
  if (options.filter((o) => o.default).length > max)
    add(
      errors,
      [...path, 'options'],
      'SELECT_COMPONENT_TOO_MANY_DEFAULTS',
      'More defaults than may be chosen.',
    );
}

function checkIds(errors: FormErrors, components: readonly Component[]): void {
  const seen = new Set<string>();
  const visit = (c: Component, path: (string | number)[]) => {
    if (c.custom_id !== undefined) {
      if (seen.has(c.custom_id))
        add(
          errors,
          [...path, 'custom_id'],
          'COMPONENT_CUSTOM_ID_DUPLICATED',
          'Component custom id cannot be duplicated',
        );
      seen.add(c.custom_id);
    }
    for (const [i, child] of (c.components ?? []).entries()) visit(child, [...path, 'components', i]);
    if (c.component) visit(c.component, [...path, 'component']);
  };
  for (const [i, c] of components.entries()) visit(c, ['components', i]);
}

/** @throws Refused */
export function checkNotEmpty(message: {
  content?: unknown;
  attachments?: unknown;
  components?: unknown;
  embeds?: unknown;
}): void {
  const some = (list: unknown) => Array.isArray(list) && list.length > 0;
  const words = typeof message.content === 'string' && message.content.trim() !== '';
  if (!words && !some(message.attachments) && !some(message.components) && !some(message.embeds))
    throw new Refused(400, 50006, 'Cannot send an empty message');
}

/** @throws Refused */
export function checkModal(modal: Json): void {
  const errors: FormErrors = {};
  const components = (modal.components ?? []) as Component[];
  if (components.length < 1 || components.length > 5)
    add(errors, ['data', 'components'], 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 5 in length.');
  for (const [i, c] of components.entries()) {
    const inner = c.component ?? c.components?.[0];
    if (!inner) continue;
    checkCell(errors, ['data', 'components', i], inner);
    if (c.type === ComponentType.ActionRow && !inner.label)
      add(
        errors,
        ['data', 'components', i, 'components', 0, 'label'],
        'BASE_TYPE_REQUIRED',
        'This field is required',
      );
    if (inner.type === ComponentType.StringSelect && inner.required !== false && inner.min_values === 0)
      add(
        errors,
        ['data', 'components', i, 'min_values'],
        'COMPONENT_REQUIRED_ZERO_MIN_VALUES',
        'A required select takes at least one value.',
      );
  }
  checkIds(errors, components);
  if (Object.keys(errors).length > 0) throw invalidForm(errors);
}

interface CommandOption extends Json {
  readonly name: string;
  readonly type: number;
  readonly required?: boolean;
  readonly autocomplete?: boolean;
  readonly choices?: { name: string; value: unknown }[];
  readonly options?: CommandOption[];
}

const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

/** @throws Refused */
export function checkCommands(commands: readonly Json[]): void {
  const errors: FormErrors = {};
  const names = commands.map((c) => c.name);
  if (new Set(names).size !== names.length)
    add(errors, ['name'], 'APPLICATION_COMMANDS_DUPLICATE_NAME', 'Application command names must be unique');
  for (const [i, c] of commands.entries()) {
    checkNamed(errors, [i], c);
    checkOptions(errors, [i, 'options'], (c.options ?? []) as CommandOption[]);
    if (lengthOf(c) > 8000)
      add(errors, [i], 'APPLICATION_COMMAND_TOO_LARGE', 'Command exceeds maximum size (8000)');
  }
  if (Object.keys(errors).length > 0) throw invalidForm(errors);
}

function checkNamed(errors: FormErrors, path: (string | number)[], c: Json): void {
  const name = String(c.name);
  if (!NAME.test(name) || name !== name.toLowerCase())
    add(errors, [...path, 'name'], 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid');
  const length = String(c.description ?? '').length;
  if (length < 1 || length > 100)
    add(errors, [...path, 'description'], 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
}

function checkOptions(
  errors: FormErrors,
  path: (string | number)[],
  options: readonly CommandOption[],
): void {
  if (new Set(options.map((o) => o.name)).size !== options.length)
    add(errors, path, 'APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED', 'Option names must be unique');
  let optional = false;
  for (const [i, o] of options.entries()) {
    const here = [...path, i];
    checkNamed(errors, here, o);
    if (o.required && optional)
      add(
        errors,
        here,
        'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
        'Required options must be placed before non-required options',
      );
    optional ||= !o.required && o.type > 2;
    if (o.autocomplete && o.choices?.length)
      add(
        errors,
        here,
        'APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES',
        'Autocomplete and choices exclude each other',
      );
    if (o.options) checkOptions(errors, [...here, 'options'], o.options);
  }
}

function lengthOf(c: Json): number {
  const own = String(c.name ?? '').length + String(c.description ?? '').length;
  const choices = ((c.choices ?? []) as { name: string; value: unknown }[]).reduce(
    (sum, x) => sum + x.name.length + String(x.value).length,
    0,
  );
  return own + choices + ((c.options ?? []) as Json[]).reduce((sum, o) => sum + lengthOf(o), 0);
}
