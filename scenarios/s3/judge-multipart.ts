import type { Property, World } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { seen, told } from './judge-region.ts';
import { sizeOf, type VaultState, whole } from './multipart.ts';
import { type P, partsOf } from './params.ts';
import { NOT_FOUND } from './region.ts';
import type { UploaderState } from './uploader.ts';

const judged = (p: P) => p.workload === 'multipart';
export const vaultOf = (world: World) => world.state('bucket') as VaultState | undefined;

/** Clocks of nodes and timers agree to so much, µs. */
const SLACK = 50_000;

export const multipart = {
  'invisible until complete': {
    kind: 'always',
    what: 'A GET finds the whole object or none: parts of an upload that is not completed cannot be read.',
    judged,
    monitor(p) {
      const reads = new Map<number, EventOf<'invoke'>>();
      let blamed: number | undefined;
      return {
        listens: ['invoke', 'return'],
        event(event) {
          if (event.kind === 'invoke' && event.f === 'get') reads.set(event.op, event);
          const read = event.kind === 'return' && event.outcome === 'ok' ? reads.get(event.op) : undefined;
          if (event.kind !== 'return' || !read || event.value === NOT_FOUND || event.value === whole(p))
            return undefined;
          blamed = event.op;
          return `${read.process} reads ${event.value} of ${read.key}, which has ${whole(p)}.`;
        },
        culprit: () => (blamed === undefined ? undefined : [blamed]),
      };
    },
  },
  'parts in order of their numbers': {
    kind: 'always',
    what: 'The object is its parts in ascending order of part numbers, in whatever order they came (CompleteMultipartUpload).',
    judged,
    fold: () => ({
      start: 0,
      changed(_seen, node, _before, after) {
        for (const [key, parts] of node === 'bucket' && after
          ? Object.entries((after as VaultState).objects)
          : [])
          for (let i = 1; i < parts.length; i++)
            if (parts[i]!.n < parts[i - 1]!.n)
              return `in ${key} part #${parts[i]!.n} comes after part #${parts[i - 1]!.n}`;
        return 0;
      },
    }),
  },
  'a complete object is whole': {
    kind: 'always',
    what: 'An upload is completed only with every listed part (else 400 InvalidPart), so the object has them all.',
    judged,
    fold: (p) => ({
      start: 0,
      changed(_seen, node, _before, after) {
        for (const [key, parts] of node === 'bucket' && after
          ? Object.entries((after as VaultState).objects)
          : [])
          if (parts.length < partsOf(p))
            return `${key} was completed with ${parts.length} of ${partsOf(p)} parts: ${sizeOf(parts)} MiB`;
        return 0;
      },
    }),
  },
  'abandoned parts are removed': {
    kind: 'eventually',
    what: 'No upload that nobody will finish is stored, and billed, for ever: a lifecycle rule aborts it (AbortIncompleteMultipartUpload).',
    judged,
    promised: (p) => p.abortAfter > 0,
    monitor: (p) => ({
      end(world) {
        for (const upload of vaultOf(world)?.uploads ?? []) {
          const by = world.state(upload.by) as UploaderState | undefined;
          const late = p.abortAfter > 0 && world.now - upload.begun > p.abortAfter * 1000 + SLACK;
          const orphan =
            p.abortAfter === 0 && by?.upload !== upload.id && world.now - upload.begun > SLACK * 10;
          if (late || orphan)
            return `${sizeOf(upload.parts)} MiB of ${upload.key} are stored and billed, and nobody will complete them`;
        }
        return undefined;
      },
    }),
  },
  'a part is sent again': seen('The upload of a part fails and is repeated.', judged, () => told('again')),
} satisfies Record<string, Property<P>>;
