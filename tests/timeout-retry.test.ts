import { describe, expect, it } from 'vitest';
import { loadSimulations } from '../src/content.ts';
import { simulateMany } from '../src/sim/many.ts';
import { recipe } from '../src/sim/run.ts';

/** What the AWS Architecture Blog's simulator found of many clients and one row, found again. */
describe('backoff under contention', async () => {
  const scenario = (await loadSimulations()).get('timeout-retry');
  const contended = (backoff: string) => {
    const set = {
      workload: 'contended',
      clients: '60',
      attempts: '0',
      base: '5',
      cap: '2000',
      simSeconds: '120',
      backoff,
    };
    return simulateMany(scenario, { ...recipe(scenario, 'full-jitter'), set }, 12).metrics;
  };
  const [none, exponential, full, equal, decorrelated] = [
    'none',
    'exponential',
    'full-jitter',
    'equal-jitter',
    'decorrelated',
  ].map(contended) as [
    ReturnType<typeof contended>,
    ReturnType<typeof contended>,
    ReturnType<typeof contended>,
    ReturnType<typeof contended>,
    ReturnType<typeof contended>,
  ];

  it('costs about n²/2 attempts without any wait: one of each round wins', () => {
    expect(none.calls!.mean).toBeGreaterThan((60 * 60) / 2 / 3);
    expect(none.calls!.mean).toBeLessThan((60 * 61) / 2);
  });

  it.each([
    ['full jitter', full],
    ['equal jitter', equal],
    ['decorrelated jitter', decorrelated],
  ])('%s makes far fewer attempts than none, and is done sooner than without jitter', (_, jitter) => {
    expect(jitter.calls!.mean).toBeLessThan(none.calls!.mean / 2);
    expect(jitter.completion_ms!.mean).toBeLessThan(exponential.completion_ms!.mean / 2);
  });

  it('all writes take in the end, whatever the wait', () => {
    for (const metrics of [none, exponential, full, equal, decorrelated])
      expect(metrics.answered_share!.min).toBe(1);
  });
});
