/**
 * What Discord accepts, with the page that says so. Lengths are characters; counting UTF-16 units, as we do, never
 * counts fewer than Discord does.
 */
export const LIMITS = {
  /** calls a second of one bot: https://docs.discord.com/developers/topics/rate-limits#global-rate-limit */
  perSecond: 50,
  /** https://docs.discord.com/developers/resources/message#create-message */
  text: 2000,
  files: 10,
  /** one file, without a boosted server: https://docs.discord.com/developers/reference#uploading-files */
  fileBytes: 10 * 1024 * 1024,
  /** https://docs.discord.com/developers/resources/message#attachment-object */
  altText: 1024,
  nonce: 25,
  /** https://docs.discord.com/developers/components/reference#action-row */
  rows: 5,
  buttonsInRow: 5,
  /** https://docs.discord.com/developers/components/reference#anatomy-of-a-component */
  customId: 100,
  /** https://docs.discord.com/developers/components/reference#button */
  buttonLabel: 80,
  /** https://docs.discord.com/developers/components/reference#string-select */
  options: 25,
  optionWords: 100,
  placeholder: 150,
  /** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal */
  formTitle: 45,
  formFields: 5,
  /** https://docs.discord.com/developers/components/reference#label */
  fieldLabel: 45,
  fieldHint: 100,
  /** https://docs.discord.com/developers/components/reference#text-input */
  fieldValue: 4000,
  /** https://docs.discord.com/developers/interactions/application-commands#application-command-object */
  commandSummary: 100,
  choices: 25,
  choiceWords: 100,
  /** https://docs.discord.com/developers/resources/channel#start-thread-from-message */
  threadTitle: 100,
  /** minutes of silence after which Discord folds a thread away */
  threadArchiveMinutes: 1440,
  /** https://docs.discord.com/developers/resources/message#get-channel-messages */
  history: 100,
  /** how long an interaction's token edits and follows up, ms; half a minute is kept in hand:
   * https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages */
  tokenMs: 15 * 60_000 - 30_000,
  /** an interaction is answered within 3 s or not at all (same page); completion gives up before, ms */
  completionMs: 2_500,
  /** ours: a file handed in with a command is source code or text */
  handedFileBytes: 1024 * 1024,
  handedFileMs: 10_000,
} as const;

/** Discord's error codes met here: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
export const CODES = {
  unknownChannel: 10003,
  unknownMessage: 10008,
  unknownWebhook: 10015,
  unknownInteraction: 10062,
  alreadyAcknowledged: 40060,
  missingAccess: 50001,
  cannotMessagePerson: 50007,
  missingPermissions: 50013,
  invalidWebhookToken: 50027,
  noSharedServer: 50278,
  threadExists: 160004,
} as const;
