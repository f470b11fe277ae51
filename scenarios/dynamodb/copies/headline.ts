import type { Run } from '../../../src/sim/scenario.ts';
import type { EventOf } from '../../../src/sim/trace.ts';
import { plural } from '../../../src/sim/words.ts';
import type { P } from './params.ts';
import { STATUS } from './programs.ts';

/** What happened, read off the trace. */

const ms = (us: number) => Math.round(us / 1000);
const notes = (run: Run<P>, words: RegExp) =>
  run.events.filter((e): e is typeof e & EventOf<'note'> => e.kind === 'note' && words.test(e.text));
const faults = (run: Run<P>, ...names: string[]) =>
  run.events.some((e) => e.kind === 'fault' && names.includes(e.fault));

const violations: Readonly<Record<string, string>> = {
  'strong reads are linearizable': 'A strong read returns what had been overwritten',
  'acknowledged writes survive': 'The new leader lacks an acknowledged write',
  'replicas agree': 'Two replicas disagree about what is committed',
  'the index never goes back': 'The index goes back to an older value',
  'the index catches up': 'The index never learns of a write',
  'all or nothing': 'Half a transfer: taken from one account, given to none',
  'no update is lost': 'One transaction overwrites another',
  'a retry is applied once': 'The money moves twice for one transfer',
  'transactional reads add up': 'A transaction reads half of another',
  'Regions converge': 'The Regions never agree',
  'strong reads see the Region’s own writes': 'A Region does not see its own write',
  'acknowledged writes are in two Regions': 'Acknowledged, and in one Region alone',
  'no acknowledged write is lost': 'An acknowledged write is gone',
};

export function headline(run: Run<P>): string {
  const bad = run.verdicts.find((v) => !v.holds && v.promised);
  if (bad) return violations[bad.property] ?? `Violated: ${bad.property}`;
  const m = (name: string) => run.metrics[name] ?? 0;
  switch (run.params.copies) {
    case 'partition': {
      const elected = leaderless(run);
      if (elected) {
        const without = ms(elected.to - elected.from);
        return elected.waited > 0
          ? `New leader after ${without} ms, ${elected.waited} of them to outwait the lease`
          : `A new leader serves after ${without} ms; nothing acknowledged is lost`;
      }
      if (run.params.consistency === 'strong') return 'Strong reads: every one sees the last write';
      const strong = run.params.consistency === 'both' ? ', no strong one' : '';
      return m('stale_reads') > 0
        ? `${plural(m('stale_reads'), 'eventual read')} stale by up to ${Math.ceil(m('staleness_ms'))} ms${strong}`
        : 'Eventual reads, and nobody noticed this time';
    }
    case 'index':
      return m('stale_queries') > 0
        ? `Index up to ${Math.round(m('index_lag_max_ms'))} ms behind: ${plural(m('stale_queries'), 'query', 'queries')} wrong`
        : `Index up to ${Math.round(m('index_lag_max_ms'))} ms behind, and nobody noticed`;
    case 'transactions': {
      const again = notes(run, /in its ledger/).length;
      if (again > 0) return `Asked again, moved once: the token was in the ledger`;
      if (run.verdicts.some((v) => v.property === 'a retry is applied once' && !v.holds))
        return 'A retry without its token is another transfer: moved twice';
      if (m('committed') === 0 && m('conflicts') === 0) return 'No transaction ended';
      const wrong = wrongSum(run);
      if (wrong)
        return `Item by item: ${wrong.end.value} instead of ${run.params.opening * 3}; in one transaction never`;
      return `${m('committed')} transfers whole, ${m('conflicts')} cancelled whole by a conflict`;
    }
    case 'regions': {
      if (run.params.globalMode === 'mrsc') {
        const refused = m('failed') + m('unknown');
        return faults(run, 'partition', 'crash', 'cut')
          ? `Never wrong, nothing lost: ${plural(refused, 'operation')} refused instead`
          : `Never wrong: a write takes ${Math.round(m('write_ms'))} ms, ${plural(m('conflicts'), 'conflict')}`;
      }
      const lost = m('lost_updates');
      const fast = run.events.find((e) => e.kind === 'fault' && e.fault === 'clock');
      if (fast && m('newer_lost') > 0)
        return `A fast clock wins: ${plural(m('newer_lost'), 'newer write')} lost to older ones`;
      if (lost > 0) return `Always answered: ${plural(lost, 'acknowledged write')} silently lost`;
      return m('stale_strong_reads') > 0
        ? `Always answered: ${plural(m('stale_strong_reads'), 'read')} behind another Region`
        : 'Always answered, and this time no two writes met';
    }
  }
}

/** From the loss of a leader to the next one that serves, and how long of it that one waited for the lease, ms. */
export function leaderless(run: Run<P>) {
  const fault = run.events.find(
    (e) => e.kind === 'fault' && ['crash', 'pause', 'partition', 'cut'].includes(e.fault),
  );
  const elected = fault && notes(run, /^is elected/).find((n) => n.at > fault.at);
  const serves = elected && notes(run, /^leads term/).find((n) => n.at > elected.at);
  if (!fault || !elected || !serves) return undefined;
  return { from: fault.at, to: serves.at, waited: ms(serves.at - elected.at), node: serves.node };
}

interface Done {
  readonly call: EventOf<'invoke'> & { readonly at: number };
  readonly end: EventOf<'return'> & { readonly at: number };
}
export function operations(run: Run<P>): Done[] {
  const ends = new Map(run.events.flatMap((e) => (e.kind === 'return' ? [[e.op, e] as const] : [])));
  return run.events.flatMap((call) => {
    const end = call.kind === 'invoke' ? ends.get(call.op) : undefined;
    return call.kind === 'invoke' && end ? [{ call, end }] : [];
  });
}

const wrongSum = (run: Run<P>) =>
  operations(run).find(
    ({ call, end }) => call.f === 'get-each' && end.outcome === 'ok' && end.value !== run.params.opening * 3,
  );

/** The acknowledged write that lasted longest before it was by one that knew nothing of it. */
function overwritten(run: Run<P>) {
  const puts = operations(run).filter(({ call, end }) => call.f === 'put' && end.outcome === 'ok');
  const gone = notes(run, /^overwrites/).flatMap((n) => {
    const value = Number(/=(\d+) with/.exec(n.text)?.[1]);
    const put = puts.find(({ call, end }) => call.value === value && end.at < n.at);
    return put
      ? [
          {
            from: put.end.at,
            to: n.at,
            label: `x=${value}, acknowledged, is gone after ${ms(n.at - put.end.at)} ms`,
          },
        ]
      : [];
  });
  return gone.sort((a, b) => b.to - b.from - (a.to - a.from))[0];
}

const order = (status: string) => STATUS.indexOf(status);

/** The change that took the index longest. */
function slowest(run: Run<P>) {
  const shown = (node: string) =>
    run.events.flatMap((e) => (e.kind === 'state' && e.node === node && e.state !== 'empty' ? [e] : []));
  const applied = shown('index');
  const waits = shown('table').flatMap((write) => {
    // A change that a later one overtook shows as that later one.
    const to = applied.find((e) => e.at >= write.at && order(e.state) >= order(write.state))?.at;
    return to === undefined ? [] : [{ from: write.at, to, what: write.state }];
  });
  const [worst] = waits.sort((a, b) => b.to - b.from - (a.to - a.from));
  return (
    worst && {
      from: worst.from,
      to: worst.to,
      label: `${ms(worst.to - worst.from)} ms until the index says ${worst.what}`,
    }
  );
}

/** The stalest read: from the acknowledged write it misses to the read. */
export function stalest(run: Run<P>, f: 'get' | 'read') {
  const done = operations(run).filter(({ end }) => end.outcome === 'ok');
  let best: { read: Done; put: Done } | undefined;
  for (const read of done) {
    if (read.call.f !== f) continue;
    const from = done.find(({ call }) => call.f === 'put' && call.value === read.end.value);
    const missed = done.find(
      ({ call, end }) =>
        call.f === 'put' &&
        call.key === read.call.key &&
        end.at < read.call.at &&
        (!from || call.at > from.end.at),
    );
    if (!missed || (!from && read.end.value !== null)) continue;
    if (!best || read.call.at - missed.end.at > best.read.call.at - best.put.end.at)
      best = { read, put: missed };
  }
  return best;
}

export function span(run: Run<P>) {
  const { copies, globalMode } = run.params;
  if (copies === 'partition') {
    const gap = leaderless(run);
    if (gap)
      return { from: gap.from, to: gap.to, label: `${ms(gap.to - gap.from)} ms until ${gap.node} serves` };
  }
  if (copies === 'index') return slowest(run);
  if (copies === 'partition' || (copies === 'regions' && globalMode === 'mrec')) {
    const gone = copies === 'regions' && overwritten(run);
    if (gone) return gone;
    const worst = stalest(run, copies === 'partition' ? 'read' : 'get');
    if (!worst) return undefined;
    const { put, read } = worst;
    return {
      from: put.end.at,
      to: read.end.at,
      label: `${ms(read.end.at - put.end.at)} ms later ${read.call.process} still reads ${read.end.value ?? 'nothing'}`,
    };
  }
  if (copies === 'transactions') {
    const wrong = wrongSum(run);
    if (wrong)
      return {
        from: wrong.call.at,
        to: wrong.end.at,
        label: `${wrong.call.process} reads A, B, C one by one: ${wrong.end.value}`,
      };
    const tries = operations(run).filter(({ call }) => call.f === 'transfer');
    const failed = tries.find(({ end }) => end.outcome === 'fail');
    const then =
      failed &&
      tries.find(
        ({ call, end }) =>
          call.process === failed.call.process &&
          call.at > failed.end.at &&
          call.key === failed.call.key &&
          end.outcome === 'ok',
      );
    if (failed && then)
      return {
        from: failed.call.at,
        to: then.end.at,
        label: `${ms(then.end.at - failed.call.at)} ms with the retry`,
      };
    const longest = tries.toSorted((a, b) => b.end.at - b.call.at - (a.end.at - a.call.at))[0];
    return (
      longest && {
        from: longest.call.at,
        to: longest.end.at,
        label: `${ms(longest.end.at - longest.call.at)} ms for one transfer`,
      }
    );
  }
  const [write] = operations(run).filter(({ call, end }) => call.f === 'put' && end.outcome === 'ok');
  return (
    write && {
      from: write.call.at,
      to: write.end.at,
      label: `${ms(write.end.at - write.call.at)} ms: two Regions have it`,
    }
  );
}

export function footer(p: P): string {
  switch (p.copies) {
    case 'partition':
      return `One item of one partition; the request router is left out. Lease ${p.lease} ms, heartbeat ${p.heartbeat} ms, shortened to fit. Elhemali et al. 2022.`;
    case 'index':
      return 'Table and index stand for a replicated partition each. AWS documents no bound on the lag. Developer Guide, GSI.';
    case 'transactions':
      return 'The ledger is each coordinator’s disk; in DynamoDB a replicated table. Idziorek et al., USENIX ATC 2023.';
    case 'regions':
      return p.globalMode === 'mrec'
        ? 'One item; a Region stands for a whole table there. Lag shortened to fit. Developer Guide, global tables.'
        : 'How AWS does MRSC is not published: one Paxos register per item stands for it. Developer Guide, global tables.';
  }
}

/** The tail in which nothing is left to do is judged, not drawn. */
export function window(run: Run<P>) {
  let last = 0;
  for (const e of run.events) if (e.kind !== 'sample') last = e.at;
  const rest = 0.04 * run.durationUs;
  return { from: 0, to: Math.min(run.durationUs, Math.ceil(last + rest)) };
}
