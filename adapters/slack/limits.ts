/**
 * What Slack accepts, in characters unless said otherwise. Lengths are of the text as it is sent, after escaping.
 *
 * Sources, all under https://docs.slack.dev/reference/block-kit/ unless a full address is given.
 */
export const LIMITS = {
  /**
   * messages a second in one workspace: one a second in a channel, and “several hundred per minute” over all of them.
   * https://docs.slack.dev/apis/web-api/rate-limits
   */
  perSecond: 4,
  /** blocks/section-block */
  section: 3000,
  /** blocks/header-block */
  header: 150,
  /** blocks/context-block, composition-objects/text-object */
  contextText: 3000,
  /** blocks in one message, blocks */
  blocks: 50,
  /** blocks in a modal or on App Home, blocks */
  viewBlocks: 100,
  /**
   * all words of one message's blocks together. Not documented: Slack answers `msg_blocks_too_long` somewhere between
   * 11,300 and 13,200 (https://github.com/slackapi/bolt-js/issues/2867), so this stays well below.
   */
  messageWords: 9000,
  /** elements of one actions block, blocks/actions-block */
  buttons: 25,
  /** block-elements/button-element */
  buttonText: 75,
  buttonValue: 2000,
  /** block-elements: of every interactive element */
  actionId: 255,
  blockId: 255,
  /** options of one select or one group, block-elements/select-menu-element */
  options: 100,
  optionGroups: 100,
  /** composition-objects/option-object */
  optionText: 75,
  optionValue: 150,
  optionDescription: 75,
  placeholder: 150,
  /** blocks/image-block */
  altText: 2000,
  imageTitle: 2000,
  /** https://docs.slack.dev/reference/views/modal-views */
  modalTitle: 24,
  modalButton: 24,
  privateMetadata: 3000,
  callbackId: 255,
  /** blocks/input-block */
  label: 2000,
  hint: 2000,
  /** block-elements/plain-text-input-element */
  input: 3000,
  /**
   * the words notifications and screen readers get beside the blocks; 4,000 is advised, more was seen refused.
   * https://docs.slack.dev/reference/methods/chat.postMessage#truncating
   */
  fallback: 3000,
  /** uses of one response_url, https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
  responses: 5,
  /** milliseconds one response_url lives */
  responseLife: 30 * 60_000,
  /** milliseconds a trigger_id lives, and in which every delivery must be acknowledged */
  trigger: 3000,
  /** seconds a signed request may be old, https://docs.slack.dev/authentication/verifying-requests-from-slack */
  signatureAge: 300,
  /** bytes of one delivery over HTTP; not Slack's number: its largest payloads are far smaller */
  delivery: 1_000_000,
  /** https://docs.slack.dev/reference/app-manifest */
  usageHint: 1000,
  /** file's description for those who cannot see it, https://docs.slack.dev/reference/methods/files.getUploadURLExternal */
  fileAlt: 1000,
} as const;

/**
 * Cut to a length, at a word where one is near, with a sign that something is missing. For titles and labels only:
 * text is split, never cut.
 */
export function clip(words: string, length: number): string {
  const line = words.trim();
  if (line.length <= length) return line;
  const head = line.slice(0, length - 1);
  const space = head.lastIndexOf(' ');
  return `${(space > length * 0.6 ? head.slice(0, space) : withoutHalfPair(head)).trimEnd()}…`;
}

/** A cut must not leave half of a character outside the basic plane behind. */
function withoutHalfPair(head: string): string {
  const last = head.charCodeAt(head.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? head.slice(0, -1) : head;
}
