/**
 * Refuses what Slack refuses in blocks and views, in its words. Written from the reference, apart from the adapter's
 * own limits, so that one does not prove the other. https://docs.slack.dev/reference/block-kit
 */

export type Json = Record<string, unknown>;
export type Where = 'message' | 'ephemeral' | 'modal' | 'home';
/** what the server knows of an uploaded picture */
export type FileState = 'ready' | 'processing' | 'unknown';

/** Slack's messages; none when the blocks are accepted. */
export function blockErrors(blocks: unknown, where: Where, fileState: (id: string) => FileState): string[] {
  return new Check(where, fileState).blocks(blocks, '/blocks');
}

export function viewErrors(view: Json, fileState: (id: string) => FileState): string[] {
  const where: Where = view.type === 'home' ? 'home' : 'modal';
  const check = new Check(where, fileState);
  if (view.type !== 'modal' && view.type !== 'home') return ['unsupported type [json-pointer:/type]'];
  check.keys(view, '', ['type', 'title', 'submit', 'close', 'blocks', 'private_metadata', 'callback_id']);
  if (where === 'modal') {
    check.plain(view.title, '/title', 24);
    if (view.submit !== undefined) check.plain(view.submit, '/submit', 24);
    if (view.close !== undefined) check.plain(view.close, '/close', 24);
  }
  check.string(view.private_metadata ?? '', '/private_metadata', 3000, 0);
  check.string(view.callback_id ?? '', '/callback_id', 255, 0);
  check.blocks(view.blocks, '/blocks');
  const inputs = Array.isArray(view.blocks) && view.blocks.some((b: Json) => b.type === 'input');
  if (where === 'modal' && inputs && view.submit === undefined)
    check.fault('submit is required with inputs', '/submit');
  return check.faults;
}

/** All words of a message's blocks, as `msg_blocks_too_long` seems to count them. */
export function wordsIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, v) => sum + wordsIn(v), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, v]) =>
      sum +
      (key === 'text' || key === 'alt_text' ? (typeof v === 'string' ? v.length : wordsIn(v)) : wordsIn(v)),
    0,
  );
}

class Check {
  readonly faults: string[] = [];
  private readonly where: Where;
  private readonly fileState: (id: string) => FileState;
  private readonly blockIds = new Set<string>();
  private readonly actionIds = new Set<string>();

  constructor(where: Where, fileState: (id: string) => FileState) {
    this.where = where;
    this.fileState = fileState;
  }

  fault(what: string, at: string): void {
    this.faults.push(`${what} [json-pointer:${at}]`);
  }

  blocks(blocks: unknown, at: string): string[] {
    const most = this.where === 'message' || this.where === 'ephemeral' ? 50 : 100;
    if (!Array.isArray(blocks)) this.fault('must be an array', at);
    else {
      if (blocks.length > most) this.fault(`no more than ${most} items allowed`, at);
      for (const [i, block] of blocks.entries()) this.block(block, `${at}/${i}`);
    }
    return this.faults;
  }

  block(block: Json, at: string): void {
    const rules: Readonly<Record<string, readonly string[]>> = {
      section: ['text', 'fields', 'accessory', 'expand'],
      header: ['text'],
      context: ['elements'],
      divider: [],
      image: ['image_url', 'slack_file', 'alt_text', 'title'],
      actions: ['elements'],
      input: ['label', 'element', 'hint', 'optional', 'dispatch_action'],
    };
    const allowed = typeof block.type === 'string' ? rules[block.type] : undefined;
    if (!allowed) {
      this.fault('unsupported type', at);
      return;
    }
    this.keys(block, at, ['type', 'block_id', ...allowed]);
    if (block.block_id !== undefined) {
      this.string(block.block_id, `${at}/block_id`, 255);
      this.once(this.blockIds, block.block_id, `${at}/block_id`);
    }
    switch (block.type) {
      case 'section':
        if (block.text === undefined) this.fault('missing required field: text', at);
        else this.text(block.text, `${at}/text`, 3000);
        break;
      case 'header':
        this.plain(block.text, `${at}/text`, 150);
        break;
      case 'context':
        for (const [i, e] of this.list(block.elements, `${at}/elements`, 10).entries())
          this.text(e, `${at}/elements/${i}`, 3000);
        break;
      case 'image':
        this.image(block, at);
        break;
      case 'actions':
        for (const [i, e] of this.list(block.elements, `${at}/elements`, 25).entries())
          this.element(e, `${at}/elements/${i}`, ['button', 'static_select']);
        break;
      case 'input':
        this.plain(block.label, `${at}/label`, 2000);
        if (block.hint !== undefined) this.plain(block.hint, `${at}/hint`, 2000);
        this.element(block.element, `${at}/element`, [
          'plain_text_input',
          'static_select',
          'multi_static_select',
        ]);
        break;
    }
  }

  private image(block: Json, at: string): void {
    this.string(block.alt_text, `${at}/alt_text`, 2000);
    if (block.title !== undefined) this.plain(block.title, `${at}/title`, 2000);
    if ((block.image_url === undefined) === (block.slack_file === undefined)) {
      this.fault('must define either `slack_file` or `image_url`', at);
      return;
    }
    if (block.image_url !== undefined) {
      this.fault('downloading image failed', `${at}/image_url`);
      return;
    }
    const { id } = (block.slack_file ?? {}) as Json;
    if (typeof id !== 'string' || !/^F[A-Z0-9]{8,}$/.test(id)) {
      this.fault('input must match regex pattern: ^[F][A-Z0-9]{8,}$', `${at}/slack_file/id`);
      return;
    }
    // Slack's staff say that a file cannot be shown to one person alone in a channel; the adapter must not rely on it.
    if (this.fileState(id) !== 'ready' || this.where === 'ephemeral')
      this.fault('invalid slack file', `${at}/slack_file`);
  }

  private element(element: unknown, at: string, types: readonly string[]): void {
    const e = (element ?? {}) as Json;
    if (typeof e.type !== 'string' || !types.includes(e.type)) {
      this.fault(`unsupported type: ${String(e.type)}`, at);
      return;
    }
    this.string(e.action_id, `${at}/action_id`, 255);
    // In an input the id is known by its block.
    if (!at.endsWith('/element')) this.once(this.actionIds, e.action_id, `${at}/action_id`);
    if (e.placeholder !== undefined) this.plain(e.placeholder, `${at}/placeholder`, 150);
    switch (e.type) {
      case 'button':
        this.keys(e, at, ['type', 'action_id', 'text', 'value', 'style', 'url', 'accessibility_label']);
        this.plain(e.text, `${at}/text`, 75);
        if (e.value !== undefined) this.string(e.value, `${at}/value`, 2000);
        if (e.style !== undefined && e.style !== 'primary' && e.style !== 'danger')
          this.fault('invalid style', `${at}/style`);
        break;
      case 'static_select':
        this.keys(e, at, ['type', 'action_id', 'placeholder', 'options', 'option_groups', 'initial_option']);
        this.choices(e, at);
        break;
      case 'multi_static_select':
        this.keys(e, at, [
          'type',
          'action_id',
          'placeholder',
          'options',
          'option_groups',
          'initial_options',
          'max_selected_items',
        ]);
        this.choices(e, at);
        if (e.max_selected_items !== undefined && !(Number(e.max_selected_items) >= 1))
          this.fault('must be at least 1', `${at}/max_selected_items`);
        break;
      case 'plain_text_input': {
        this.keys(e, at, [
          'type',
          'action_id',
          'placeholder',
          'initial_value',
          'multiline',
          'min_length',
          'max_length',
        ]);
        const most = Number(e.max_length ?? 3000);
        if (!(most >= 1 && most <= 3000)) this.fault('must be from 1 to 3000', `${at}/max_length`);
        if (e.initial_value !== undefined) this.string(e.initial_value, `${at}/initial_value`, most);
      }
    }
  }

  private choices(e: Json, at: string): void {
    if ((e.options === undefined) === (e.option_groups === undefined)) {
      this.fault('must define either `options` or `option_groups`', at);
      return;
    }
    const lists: unknown[][] = [];
    if (e.options !== undefined) lists.push(this.list(e.options, `${at}/options`, 100));
    else
      for (const [i, group] of this.list(e.option_groups, `${at}/option_groups`, 100).entries()) {
        this.plain(group.label, `${at}/option_groups/${i}/label`, 75);
        lists.push(this.list(group.options, `${at}/option_groups/${i}/options`, 100));
      }
    const values = new Set<string>();
    for (const option of lists.flat() as Json[]) {
      this.keys(option, at, ['text', 'value', 'description']);
      this.plain(option.text, `${at}/options/text`, 75);
      this.string(option.value, `${at}/options/value`, 150);
      this.once(values, option.value, `${at}/options/value`);
      if (option.description !== undefined) this.plain(option.description, `${at}/options/description`, 75);
    }
    const known = new Set((lists.flat() as Json[]).map((o) => JSON.stringify(o)));
    for (const initial of [e.initial_option, ...((e.initial_options as unknown[] | undefined) ?? [])])
      if (initial !== undefined && !known.has(JSON.stringify(initial)))
        this.fault('invalid initial option', at);
  }

  text(value: unknown, at: string, most: number): void {
    const t = (value ?? {}) as Json;
    if (t.type === 'plain_text') {
      this.plain(t, at, most);
      return;
    }
    if (t.type !== 'mrkdwn') {
      this.fault('unsupported type', at);
      return;
    }
    this.keys(t, at, ['type', 'text', 'verbatim']);
    this.string(t.text, `${at}/text`, most);
  }

  plain(value: unknown, at: string, most: number): void {
    const t = (value ?? {}) as Json;
    if (t.type !== 'plain_text') {
      this.fault('must be a plain_text object', at);
      return;
    }
    this.keys(t, at, ['type', 'text', 'emoji']);
    this.string(t.text, `${at}/text`, most);
  }

  string(value: unknown, at: string, most: number, least = 1): void {
    if (typeof value !== 'string') this.fault('must be a string', at);
    else if (value.length > most) this.fault(`must be less than ${most + 1} characters`, at);
    else if (value.length < least) this.fault(`must be more than ${least - 1} characters`, at);
  }

  keys(value: Json, at: string, allowed: readonly string[]): void {
    for (const key of Object.keys(value))
      if (!allowed.includes(key)) this.fault(`invalid additional property: ${key}`, at);
  }

  private list(value: unknown, at: string, most: number): Json[] {
    if (!Array.isArray(value) || value.length === 0) {
      this.fault('no fewer than 1 items allowed', at);
      return [];
    }
    if (value.length > most) this.fault(`no more than ${most} items allowed`, at);
    return value;
  }

  private once(seen: Set<string>, id: unknown, at: string): void {
    if (typeof id !== 'string') return;
    if (seen.has(id)) this.fault(`already exists: ${id}`, at);
    seen.add(id);
  }
}
