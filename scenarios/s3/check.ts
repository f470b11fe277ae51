import { type P, partsOf } from './params.ts';

const MOST_REQUESTS = 10_000_000;
const MOST_PARTS = 1000;

/** Contradictory parameters, and S3's own limits: which and why. */
export function check(p: P): string | undefined {
  if (p.workload === 'load') return checkLoad(p);
  if (p.settle >= p.duration)
    return `settle (${p.settle} ms) must be shorter than duration (${p.duration} ms), or no operation ever begins.`;
  if (p.patience >= p.duration)
    return `patience (${p.patience} ms) must be shorter than duration (${p.duration} ms), or nobody ever gives up.`;
  if (p.workload !== 'multipart' && p.think.mean * 5000 < p.duration)
    return `think (mean ${p.think.mean} ms) over duration (${p.duration} ms) is more than 5000 operations a client; shorten the run or let them pause longer.`;
  if (p.workload === 'conditional' && p.consistency === 'eventual')
    return 'consistency=eventual is S3 before December 2020, which had no conditional writes (August 2024); use workload=objects with it.';
  return p.workload === 'multipart' ? checkMultipart(p) : undefined;
}

function checkLoad(p: P): string | undefined {
  const n = p.arrivals.rate * p.simSeconds;
  if (n > MOST_REQUESTS)
    return `arrivals × simSeconds is about ${Math.round(n)} requests; at most ${MOST_REQUESTS} are simulated in a run. Shorten simSeconds or lower the rate.`;
  if (p.base > p.cap)
    return `base (${p.base} ms) must be at most cap (${p.cap} ms): the first wait would already be cut.`;
  return undefined;
}

function checkMultipart(p: P): string | undefined {
  if (p.minPart > p.maxPart) return `minPart (${p.minPart} MiB) must be at most maxPart (${p.maxPart} MiB).`;
  if (p.partSize > p.maxPart)
    return `partSize (${p.partSize} MiB) is more than the largest part, ${p.maxPart} MiB.`;
  if (partsOf(p) > 1 && p.partSize < p.minPart)
    return `partSize (${p.partSize} MiB) is less than the smallest part, ${p.minPart} MiB; only the last may be smaller (EntityTooSmall).`;
  if (partsOf(p) > p.maxParts)
    return `size (${p.size} MiB) in parts of ${p.partSize} MiB are ${partsOf(p)} parts; an upload has at most ${p.maxParts}. Take parts of at least ${Math.ceil(p.size / p.maxParts)} MiB.`;
  if (partsOf(p) * p.uploads > MOST_PARTS)
    return `${partsOf(p)} parts in ${p.uploads} uploads are more than the ${MOST_PARTS} that are simulated one by one; take larger parts (S3 would take them).`;
  if (!(p.speed.mean > 0)) return 'speed must be above 0 MiB per second, or no part ever arrives.';
  return undefined;
}
