import { describe, expect, it } from 'vitest';
import { BOUNDS, SQS } from '../scenarios/sqs/constants.ts';
import sqs from '../scenarios/sqs/scenario.ts';
import { recipe, simulate } from '../src/sim/run.ts';

const run = (preset: string, set: Record<string, string> = {}, seed?: number) =>
  simulate(sqs, recipe(sqs, preset, { set, ...(seed !== undefined && { seed }) }));

describe('documented figures', () => {
  it.each(Object.entries(SQS))('%s is the default of a parameter and names its source', (name, c) => {
    expect(Number(sqs.params[name]?.default)).toBe(c.value);
    expect(c.url).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/AWSSimpleQueueService\//);
  });

  it.each(['visibility', 'maxReceives'] as const)('%s is bounded as documented', (name) => {
    expect(sqs.params[name]?.max).toBe(BOUNDS[name].value);
  });
});

describe('sqs', () => {
  it.each([2, 3, 5])('a poison message uses up exactly %i receives, the others one each', (maxReceives) => {
    const { metrics } = run('dead-letter', { maxReceives: String(maxReceives) });
    expect(metrics).toMatchObject({ dlq: 1, processed: 3, receives: 3 + maxReceives });
  });

  it.each(['visibility-timeout', 'duplicate'])(
    '%s: idempotency makes the repeated effect harmless',
    (preset) => {
      const plain = run(preset);
      const safe = run(preset, { idempotent: 'on' });
      expect(plain.metrics.duplicates).toBeGreaterThan(0);
      expect(safe.metrics).toMatchObject({ duplicates: 0, absorbed: plain.metrics.duplicates });
    },
  );

  it('a heartbeat keeps a slow message hidden', () => {
    const { metrics } = run('visibility-timeout', { heartbeat: '10000' });
    expect(metrics).toMatchObject({ redelivered_share: 0, duplicates: 0, receives: 4 });
  });

  it('at the limit of messages in flight a poll comes back empty although messages wait', () => {
    const { events, metrics, verdicts } = run('slow-consumer', { inFlightLimit: '1', consumers: '4' });
    const flying = events.flatMap((e) => (e.kind === 'sample' && e.series === 'in flight' ? [e.value] : []));
    expect(Math.max(...flying)).toBe(1);
    expect(metrics.processed).toBe(24);
    expect(verdicts.every((v) => v.holds)).toBe(true);
  });

  it('twice the consumers, a fraction of the wait', () => {
    const few = run('slow-consumer').metrics.wait_max_ms!;
    const many = run('slow-consumer', { consumers: '4' }).metrics.wait_max_ms!;
    expect(many).toBeLessThan(few / 2);
  });

  it('a fair queue keeps the quiet tenants’ waits short and drops nothing of the noisy one', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const fair = run('fair-queues', {}, seed).metrics;
      const plain = run('fair-queues', { fair: 'off' }, seed).metrics;
      expect(fair.quiet_wait_max_ms).toBeLessThan(plain.quiet_wait_max_ms! / 2);
      expect(fair.processed).toBe(32);
    }
  });

  it('of two noisy tenants the one with fewer messages in flight is served', () => {
    // with two tenants each has far more than a tenth: both count as noisy, and share the consumers
    const { metrics } = run('fair-queues', { tenants: '2', messages: '16', arrivals: 'poisson:3' });
    expect(metrics.quiet_wait_max_ms).toBeLessThan(metrics.noisy_wait_max_ms!);
  });

  it.each([
    [{ kind: 'fifo', copies: '0.5' }, /copies .* kind=standard/],
    [{ kind: 'fifo', tenants: '2' }, /tenants .* kind=standard/],
    [{ flood: '5' }, /flood .* set tenants/],
    [{ poison: '9' }, /poison .* one of the 4 messages/],
    [{ heartbeat: '30000' }, /heartbeat .* shorter than visibility/],
    [{ visibility: '43200000' }, /the longest is 4 h/],
    [{ arrivals: 'poisson:0' }, /above 0/],
  ])('refuses %o and says why', (set, why) => {
    expect(() => run('visibility-timeout', set)).toThrow(why);
  });
});
