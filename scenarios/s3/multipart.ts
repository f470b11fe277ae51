import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  type Step,
  sample,
  save,
  send,
} from '../../src/sim/protocol.ts';
import { type P, partsOf } from './params.ts';
import { NOT_FOUND } from './region.ts';

/**
 * Multipart upload (Amazon S3 User Guide, Uploading and copying objects using multipart upload; API reference,
 * CompleteMultipartUpload). Parts may come in any order and be sent again; nothing can be read until the upload is
 * completed, and until it is completed or aborted its parts are stored, and billed.
 *
 *   Create     uploader → bucket   begins an upload
 *   Created    bucket → uploader   its id
 *   Part       uploader → bucket   a numbered part; the arrow is its transfer
 *   PartDone   bucket → uploader   its ETag
 *   PartFailed bucket → uploader   500: send it again
 *   Complete   uploader → bucket   the list of part numbers and ETags
 *   Completed  bucket → uploader   the object exists, all at once
 *   Invalid    bucket → uploader   400 InvalidPart: a listed part is not there
 *   NoUpload   bucket → uploader   404 NoSuchUpload: it was aborted
 *   Get, Found reader ↔ bucket     the object, or 404
 */
export type UploadMessage =
  | { readonly type: 'Create'; readonly key: string }
  | { readonly type: 'Created'; readonly upload: number }
  | {
      readonly type: 'Part';
      readonly upload: number;
      readonly n: number;
      readonly mib: number;
      readonly etag: string;
    }
  | { readonly type: 'PartDone'; readonly upload: number; readonly n: number; readonly etag: string }
  | { readonly type: 'PartFailed'; readonly upload: number; readonly n: number }
  | { readonly type: 'Complete'; readonly upload: number; readonly parts: readonly Listed[] }
  | { readonly type: 'Completed'; readonly upload: number }
  | { readonly type: 'Invalid'; readonly upload: number; readonly missing: readonly number[] }
  | { readonly type: 'NoUpload'; readonly upload: number }
  | { readonly type: 'Get'; readonly serial: number; readonly key: string }
  | { readonly type: 'Found'; readonly serial: number; readonly value: string };

export interface Listed {
  readonly n: number;
  readonly etag: string;
}
export interface Part extends Listed {
  readonly mib: number;
}

export interface Upload {
  readonly id: number;
  readonly key: string;
  readonly by: string;
  /** µs since the run began */
  readonly begun: number;
  /** in the order in which they came */
  readonly parts: readonly Part[];
}

export interface VaultState {
  readonly kind: 'vault';
  readonly uploads: readonly Upload[];
  /** an object's parts, in the order of its bytes */
  readonly objects: Readonly<Record<string, readonly Part[]>>;
  readonly completed: readonly number[];
  readonly aborted: number;
}

/** What a twin may break. */
export interface VaultRules {
  /** only what is complete can be read */
  readonly hidesParts: boolean;
  /** parts are put together by number */
  readonly byNumber: boolean;
  /** each listed part must be there */
  readonly checksList: boolean;
  /** the lifecycle rule is carried out */
  readonly sweeps: boolean;
}
export const VAULT: VaultRules = { hidesParts: true, byNumber: true, checksList: true, sweeps: true };

type Timer = 'abort';
type VaultStep = Step<VaultState, UploadMessage, Timer>;
type Effects = Effect<UploadMessage, Timer>[];

const NONE: VaultState = { kind: 'vault', uploads: [], objects: {}, completed: [], aborted: 0 };
export const sizeOf = (parts: readonly Part[]): number =>
  Math.round(parts.reduce((sum, p) => sum + p.mib, 0));
export const billed = (s: VaultState): number => s.uploads.reduce((sum, u) => sum + sizeOf(u.parts), 0);
const visible = (s: VaultState): number =>
  Object.values(s.objects).reduce((sum, parts) => sum + sizeOf(parts), 0);

export function vault(rules: VaultRules = VAULT): Protocol<VaultState, UploadMessage, Timer, P> {
  const bar = (s: VaultState) => {
    const parts = s.uploads.reduce((sum, u) => sum + u.parts.length, 0);
    return parts > 0
      ? become('holding', `${parts} part${parts === 1 ? '' : 's'}, ${billed(s)} MiB billed`)
      : become('settled', visible(s) > 0 ? `${visible(s)} MiB` : '');
  };
  /** Both edges of each step, so that the lines are upright. */
  const levels = (before: VaultState, after: VaultState): Effects => [
    sample('billed', billed(before)),
    sample('visible', visible(before)),
    sample('billed', billed(after)),
    sample('visible', visible(after)),
  ];
  const change = (before: VaultState, after: VaultState, ...effects: Effects): VaultStep => [
    after,
    bar(after),
    ...levels(before, after),
    save(after),
    ...effects,
  ];
  const replace = (s: VaultState, upload: Upload): VaultState => ({
    ...s,
    uploads: s.uploads.map((u) => (u.id === upload.id ? upload : u)),
  });
  const due = (upload: Upload, here: Here<P>): Effects => {
    const { abortAfter } = here.params;
    if (abortAfter === 0 || !rules.sweeps) return [];
    return [later('abort', Math.max(0, upload.begun + abortAfter * 1000 - here.uptime), upload.id)];
  };

  return {
    start(here, disk) {
      const s = (disk as VaultState | undefined) ?? NONE;
      return [s, bar(s), ...levels(s, s), ...s.uploads.flatMap((u) => due(u, here))];
    },
    on: {
      Create(s, m, from, here) {
        const upload: Upload = { id: here.unique(), key: m.key, by: from, begun: here.uptime, parts: [] };
        const next = { ...s, uploads: [...s.uploads, upload] };
        return [
          next,
          ...due(upload, here),
          save(next),
          send(from, { type: 'Created', upload: upload.id } as const),
        ];
      },
      Part(s, m, from, here) {
        const upload = s.uploads.find((u) => u.id === m.upload);
        // Drawn before anything is decided, so that two kinds of bucket meet the same failures.
        const fails = here.random() < here.params.partFailures;
        if (!upload) return [s, send<UploadMessage>(from, { type: 'NoUpload', upload: m.upload }, '404')];
        if (fails)
          return [
            s,
            send<UploadMessage>(from, { type: 'PartFailed', upload: m.upload, n: m.n }, `#${m.n} 500`),
          ];
        const part: Part = { n: m.n, etag: m.etag, mib: m.mib };
        const parts = [...upload.parts.filter((p) => p.n !== m.n), part];
        return change(
          s,
          replace(s, { ...upload, parts }),
          send<UploadMessage>(from, { type: 'PartDone', upload: m.upload, n: m.n, etag: m.etag }, `#${m.n}`),
        );
      },
      Complete(s, m, from) {
        const upload = s.uploads.find((u) => u.id === m.upload);
        const done = send<UploadMessage>(from, { type: 'Completed', upload: m.upload }, '200');
        // Asked again because the first answer was lost: it is complete already.
        if (s.completed.includes(m.upload)) return [s, save(s), done];
        if (!upload) return [s, send<UploadMessage>(from, { type: 'NoUpload', upload: m.upload }, '404')];
        const has = (listed: Listed) => upload.parts.some((p) => p.n === listed.n && p.etag === listed.etag);
        const missing = m.parts.filter((listed) => !has(listed)).map((listed) => listed.n);
        if (missing.length > 0 && rules.checksList)
          return [
            s,
            note(
              `answers 400 InvalidPart: ${missing.map((n) => `#${n}`).join(', ')} of ${upload.key} not there`,
            ),
            send<UploadMessage>(from, { type: 'Invalid', upload: m.upload, missing }, '400 InvalidPart'),
          ];
        const listed = upload.parts.filter((p) => m.parts.some((l) => l.n === p.n));
        const parts = rules.byNumber ? [...listed].sort((a, b) => a.n - b.n) : listed;
        const next: VaultState = {
          ...s,
          uploads: s.uploads.filter((u) => u !== upload),
          objects: { ...s.objects, [upload.key]: parts },
          completed: [...s.completed, upload.id],
        };
        return change(
          s,
          next,
          note(`puts ${upload.key} together: ${sizeOf(parts)} MiB can be read from now on`),
          done,
        );
      },
      Get(s, m, from) {
        const object =
          s.objects[m.key] ?? (rules.hidesParts ? undefined : s.uploads.find((u) => u.key === m.key)?.parts);
        const value = object && object.length > 0 ? `${sizeOf(object)} MiB` : NOT_FOUND;
        return [s, save(s), send<UploadMessage>(from, { type: 'Found', serial: m.serial, value }, value)];
      },
      Created: (s) => [s],
      PartDone: (s) => [s],
      PartFailed: (s) => [s],
      Completed: (s) => [s],
      Invalid: (s) => [s],
      NoUpload: (s) => [s],
      Found: (s) => [s],
    },
    after: {
      abort(s, _here, id) {
        const upload = s.uploads.find((u) => u.id === id);
        if (!upload) return [s];
        const next = { ...s, uploads: s.uploads.filter((u) => u.id !== id), aborted: s.aborted + 1 };
        return change(
          s,
          next,
          note(
            `aborts the upload of ${upload.key} by its lifecycle rule: ${sizeOf(upload.parts)} MiB are free`,
          ),
        );
      },
    },
  };
}

export const OBJECTS = ['film', 'backup', 'logs', 'scan'];
export const keyOf = (uploader: string): string => OBJECTS[Number(uploader.slice(1)) - 1]!;
export const whole = (p: P): string => `${Math.round(p.size)} MiB`;
/** MiB of each part: the last one is what is left */
export const partMib = (p: P, n: number): number =>
  n < partsOf(p) ? p.partSize : p.size - p.partSize * (partsOf(p) - 1);
