import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { EventOf, TraceEvent } from '../../src/sim/trace.ts';
import type { P } from './params.ts';

/** Questions made from what happened in a run. */

const seconds = (us: number) => `${(us / 1e6).toFixed(2)} s`;

const isNote = (e: TraceEvent): e is EventOf<'note'> => e.kind === 'note';

/** What a node's bar said last before a moment, such as `a=2`. */
function detail(run: Run<P>, node: string, before: number): string | undefined {
  let found: string | undefined;
  for (const e of run.events) {
    if (e.at >= before) break;
    if (e.kind === 'state' && e.node === node) found = e.detail;
  }
  return found;
}

/** A read that reaches a front end whose copy is behind. */
const staleRead: Generator<P> = {
  id: 's3-before-2020-read',
  topic: 'aws',
  level: 2,
  preset: 'eventual-before-2020',
  make(run, random) {
    const moments = run.events.flatMap((e) => {
      if (e.kind !== 'send' || e.type !== 'Read' || e.label.startsWith('list')) return [];
      const arrived = run.events.find((d) => d.kind === 'deliver' && d.id === e.id);
      if (!arrived) return [];
      const copy = detail(run, e.to, arrived.at);
      const newest = detail(run, 'index', e.at);
      // Nothing may change while the request is on its way.
      if (newest !== detail(run, 'index', arrived.at) || copy !== detail(run, e.to, e.at)) return [];
      return copy && newest && copy !== newest && copy.startsWith('a=') ? [{ e, copy, newest }] : [];
    });
    const pick = moments[Math.floor(random() * moments.length)];
    if (!pick) return undefined;
    const { e, copy, newest } = pick;
    const value = (words: string) => words.slice(2);
    const said = (words: string) =>
      value(words) === '404' ? '404: there is no such key' : `version ${value(words)}`;
    return {
      until: e.at,
      prompt: `S3 as it was before December 2020. At ${seconds(e.at)} ${e.from} sends a ${e.label.split(' ')[0]!.toUpperCase()} of key a to ${e.to}, whose cache has ${copy}. The index has ${newest}. What is ${e.from} told?`,
      choices: [
        {
          text: `${said(copy)}, from the cache of ${e.to}`,
          right: true,
          why: 'The front end answers from what it has, a remembered 404 included. Nobody has told it of the change yet.',
        },
        {
          text: `${said(newest)}, which is what the index has`,
          right: false,
          why: 'That is today’s S3: a witness tells the front end that its copy is behind. Then there was none.',
        },
        {
          text: 'Nothing until the caches agree',
          right: false,
          why: 'Eventual consistency does not wait; it answers at once with what it has.',
        },
      ],
      explanation:
        'Before 1 December 2020 overwrites, deletes and listings were eventually consistent, and so was a new key that had been asked for before it was put. Today every GET, HEAD and LIST sees all writes that were answered before.',
    };
  },
};

/** A conditional write whose condition no longer holds. */
const precondition: Generator<P> = {
  id: 's3-if-match',
  topic: 'aws',
  level: 3,
  preset: 'conditional-write',
  make(run) {
    const note = run.events.find((e): e is EventOf<'note'> => isNote(e) && e.text.includes('gets 412'));
    if (!note) return undefined;
    const written = run.events.filter(
      (e): e is EventOf<'send'> =>
        e.kind === 'send' && e.from === note.node && e.type === 'Write' && e.at < note.at,
    );
    const put = written.at(-1);
    const held = put && /v(\d+)$/.exec(put.label)?.[1];
    if (!put || !held) return undefined;
    const stored = run.events.filter(
      (e): e is EventOf<'send'> =>
        e.kind === 'send' &&
        e.type === 'Store' &&
        e.at > put.at &&
        e.at < note.at &&
        e.label.endsWith(`if v${held}`),
    );
    const mine = stored.at(-1);
    const now = mine && detail(run, 'index', mine.at + 1);
    if (!mine || !now || now === `v${held}`) return undefined;
    return {
      until: mine.at,
      prompt: `${note.node} read version ${held} of the object, added its line, and uploads the result with If-Match: v${held}. When the upload ends, at ${seconds(mine.at)}, the object is at ${now}. What is ${note.node} told?`,
      choices: [
        {
          text: '412 Precondition Failed; nothing is written',
          right: true,
          why: 'The ETag is not the one it named. It has to read again, add its line to what it finds and try again.',
        },
        {
          text: '200; the other writer’s line is gone',
          right: false,
          why: 'That is a PUT without a condition: the last timestamp wins and both are told 200.',
        },
        {
          text: '200; S3 merges the two versions',
          right: false,
          why: 'S3 knows no contents. Merging is the writer’s work, after a new GET.',
        },
        {
          text: `200, because it began before ${now} was written`,
          right: false,
          why: 'The condition is compared when the write takes effect, not when the upload begins.',
        },
      ],
      explanation:
        'If-Match makes PUT a compare-and-set on one key. 412 means that the object has changed; 409 that another write is just under way. Either way: read again, then decide.',
    };
  },
};

/** What becomes of the parts of an uploader that has crashed. */
const orphan: Generator<P> = {
  id: 's3-abandoned-parts',
  topic: 'aws',
  level: 2,
  preset: 'multipart',
  make(run) {
    const crash = run.events.find((e) => e.kind === 'fault' && e.fault === 'crash');
    const abort = run.events.find((e) => isNote(e) && e.text.startsWith('aborts'));
    if (!crash || !abort || !isNote(abort)) return undefined;
    const mib = /(\d+) MiB/.exec(abort.text)?.[1];
    const until = crash.at + (abort.at - crash.at) * 0.6;
    const film = run.events.some((e) => isNote(e) && e.text.startsWith('puts film') && e.at < until);
    if (!mib || !film) return undefined;
    return {
      until,
      prompt: `u2 crashed in the middle of its multipart upload; ${mib} MiB of parts had been or were about to be stored. What is true of them now, at ${seconds(until)}?`,
      choices: [
        {
          text: 'They are billed, a GET of backup gives 404, and a LIST does not show them',
          right: true,
          why: 'Parts are stored, and cost, until their upload is completed or aborted. ListMultipartUploads would show it.',
        },
        {
          text: `A GET of backup gives the first ${mib} MiB`,
          right: false,
          why: 'Nothing can be read before CompleteMultipartUpload: the object appears all at once or not at all.',
        },
        {
          text: 'They were removed when the connection broke',
          right: false,
          why: 'An upload has no connection. It stays open for ever unless somebody, or a lifecycle rule, aborts it.',
        },
        {
          text: 'They are stored without charge until the upload is completed',
          right: false,
          why: 'They are billed as storage from the moment each part is stored.',
        },
      ],
      explanation:
        'Every bucket that takes multipart uploads should have the lifecycle rule AbortIncompleteMultipartUpload. It costs nothing and stops paying for what nobody can see.',
    };
  },
};

export const generators = [staleRead, precondition, orphan];
