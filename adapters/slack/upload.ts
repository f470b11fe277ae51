import { setTimeout as pause } from 'node:timers/promises';
import type { webApi } from '@slack/bolt';
import type { Log } from '../../src/chat.ts';
import type { WebClient } from './calls.ts';
import { clip, LIMITS } from './limits.ts';

export interface Upload {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly title?: string;
  readonly alt?: string;
}

/** Where an uploaded file is posted as a message of its own; without it, it is shown by blocks alone. */
export interface Share {
  readonly channel: string;
  readonly thread: string;
}

/**
 * Uploads in Slack's three steps and returns the file's id.
 * https://docs.slack.dev/messaging/working-with-files#uploading_files
 */
export async function upload(client: WebClient, file: Upload, share?: Share): Promise<string> {
  const ticket = async () => {
    // Called by name: the client's own method sends the description as `alt_text`, which Slack does not know.
    const given: webApi.FilesGetUploadURLExternalResponse = await client.apiCall(
      'files.getUploadURLExternal',
      {
        filename: file.name,
        length: file.bytes.byteLength,
        ...(file.alt && { alt_txt: clip(file.alt, LIMITS.fileAlt) }),
      },
    );
    const { upload_url: url, file_id: id } = given;
    if (!url || !id) throw new Error('Slack gave no address to upload to');
    const sent = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: Buffer.from(file.bytes),
      signal: AbortSignal.timeout(30_000),
    });
    if (!sent.ok) throw new Error(`the upload was answered with ${sent.status}`);
    return id;
  };
  // Bytes sent under a ticket that is never completed are seen by nobody: a second try does no harm.
  const id = await ticket().catch(ticket);
  const files: [{ id: string; title: string }] = [{ id, title: file.title ?? file.name }];
  if (share)
    await client.files.completeUploadExternal({ files, channel_id: share.channel, thread_ts: share.thread });
  else await client.files.completeUploadExternal({ files });
  return id;
}

/** Milliseconds between the first looks at a file, and how many: a little over four seconds together. */
const LOOK = 150;
const LOOKS = 12;

/**
 * Waits until Slack has looked through a file; blocks that show it earlier are refused. A file has no flag for that,
 * but no type before it. https://github.com/slackapi/java-slack-sdk/issues/1349
 */
export async function settled(client: WebClient, id: string, log: Log): Promise<void> {
  try {
    for (let look = 0; look < LOOKS; look++) {
      const { file } = await client.files.info({ file: id });
      if (file?.mimetype) return;
      await pause(LOOK * (1 + look / 4));
    }
    log.warn({ file: id }, 'Slack is still looking through a picture');
  } catch (error) {
    log.warn({ err: error, file: id }, 'Slack did not say whether a picture is ready');
  }
}
