import type { Generator } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { faultOf, gaps, lagAt, notes, type Told } from './headline.ts';
import type { P } from './params.ts';

/** Questions made from what happened in a run. */

const seconds = (us: number) => `${Math.round(us / 1e6)} s`;

/** The groups of commits acknowledged to the application until then: when, and how many. */
function acknowledged(run: Told, until: number): { at: number; n: number }[] {
  const asked = new Map<number, number>();
  const groups: { at: number; n: number }[] = [];
  const sends = run.events.filter(
    (e): e is EventOf<'send'> & { at: number } => e.kind === 'send' && e.at <= until,
  );
  for (const e of sends) {
    if (e.type === 'Write' && e.from.startsWith('app')) asked.set(e.at, Number.parseInt(e.label, 10));
    else if (e.type === 'Done' && e.to.startsWith('app')) {
      const first = [...asked][0];
      if (!first) continue;
      asked.delete(first[0]);
      groups.push({ at: e.at, n: first[1] });
    }
  }
  return groups;
}

/** What a synchronous standby can miss. */
const standbyMisses: Generator<P> = {
  id: 'rds-standby-misses',
  topic: 'aws',
  level: 2,
  preset: 'multi-az-failover',
  make(run) {
    const crash = faultOf(run, 'crash');
    const open = notes(run, /^is open for writes/)[0];
    if (!crash || !open || run.metrics.lost_commits !== 0) return undefined;
    const groups = acknowledged(run, crash.at);
    const all = groups.reduce((n, g) => n + g.n, 0);
    const last = groups.at(-1)?.n ?? 0;
    const recent = groups
      .filter((g) => g.at > crash.at - run.params.heartbeat * 1000)
      .reduce((n, g) => n + g.n, 0);
    if (new Set([0, all, last, recent]).size < 4) return undefined;
    return {
      until: crash.at + 4_000_000,
      prompt: `db1 is the primary of a Multi-AZ DB instance and dies at ${seconds(crash.at)}. It had acknowledged ${all} commits of the application. How many of them will db2, the standby, not have?`,
      choices: [
        {
          text: 'None',
          right: true,
          why: 'A commit is acknowledged only once the standby has it on disk: replication is synchronous.',
        },
        {
          text: `The last ${last}, which were still under way`,
          right: false,
          why: 'What was under way was not acknowledged. Acknowledged means: on the standby, too.',
        },
        {
          text: `About ${recent}, those since the last heartbeat`,
          right: false,
          why: 'Heartbeats tell who is alive. They have nothing to do with what is replicated.',
        },
        {
          text: `All ${all}: a standby is restored from the last snapshot`,
          right: false,
          why: 'The standby has a live copy. Restoring a snapshot is what a single-AZ instance would need.',
        },
      ],
      explanation: `${open.node} opens after ${seconds(open.at - crash.at)} with every acknowledged commit. What the application does not know is what became of the requests it had no answer to.`,
    };
  },
};

/** What an asynchronous replica lacks when it is promoted. */
const promotedWithout: Generator<P> = {
  id: 'rds-promoted-without',
  topic: 'aws',
  level: 3,
  preset: 'promote-replica-loss',
  make(run) {
    const crash = faultOf(run, 'crash');
    const lost = run.metrics.lost_commits ?? 0;
    const outage = gaps(run)[0];
    if (!crash || !outage || lost < 50) return undefined;
    const lag = Math.round(lagAt(run, crash.at));
    const { rate } = run.params.arrivals;
    const guesses = [lost, Math.round((rate * (outage.to - outage.from)) / 1e6), Math.round(rate * 2)];
    if (new Set(guesses).size < 3 || guesses.slice(1).some((g) => Math.abs(g - lost) < 0.2 * lost))
      return undefined;
    return {
      until: crash.at + 2_000_000,
      prompt: `db2 is an asynchronous read replica and ${lag} s behind when its source db1 dies for good. The application commits ${rate} transactions a second. An operator promotes db2. How many acknowledged commits are gone?`,
      choices: [
        {
          text: `About ${lost}`,
          right: true,
          why: `What db2 had not received is nowhere else: about the lag times the rate, ${lag} s × ${rate}.`,
        },
        {
          text: 'None: db2 catches up before it is promoted',
          right: false,
          why: 'It can apply what it has received. The rest is on db1 only, and db1 is dead.',
        },
        {
          text: `About ${guesses[1]}: those of the whole outage`,
          right: false,
          why: 'During the outage nothing is acknowledged. Those requests fail, and their callers know it.',
        },
        {
          text: `About ${guesses[2]}: those under way at the crash`,
          right: false,
          why: 'Those were not acknowledged. What is lost here was acknowledged long before.',
        },
      ],
      explanation: `${lost} commits are gone. A replica bounds nothing: ReplicaLag at the moment of the crash is your recovery point.`,
    };
  },
};

/** A read after a write, from a replica that is behind. */
const staleRead: Generator<P> = {
  id: 'rds-stale-read',
  topic: 'aws',
  level: 2,
  preset: 'replica-lag',
  make(run) {
    const returns = new Map(run.events.flatMap((e) => (e.kind === 'return' ? [[e.op, e] as const] : [])));
    let wrote: { value: number; at: number } | undefined;
    for (const e of run.events) {
      if (e.kind !== 'invoke') continue;
      const end = returns.get(e.op);
      if (end?.outcome !== 'ok') continue;
      if (e.f === 'put') wrote = { value: Number(e.value), at: end.at };
      else if (wrote && typeof end.value === 'number' && end.value < wrote.value && lagAt(run, e.at) >= 3) {
        const seen = end.value;
        return {
          until: Math.max(e.at - 1, wrote.at),
          prompt: `c1 has written ${e.key}=${wrote.value} on db1 and was told it is committed. Now it reads ${e.key} through the reader endpoint; db2 is ${lagAt(run, e.at).toFixed(0)} s behind. What does it get?`,
          choices: [
            {
              text: `${seen}`,
              right: true,
              why: `db2 has applied no more than that. ${wrote.value} may even be there already, but not applied.`,
            },
            {
              text: `${wrote.value}`,
              right: false,
              why: 'Read-your-writes is not promised: the replica answers from what it has applied.',
            },
            {
              text: `${wrote.value}, but only after ${lagAt(run, e.at).toFixed(0)} s: the read waits`,
              right: false,
              why: 'A replica does not know what this client has written and waits for nothing.',
            },
            {
              text: 'An error: the replica is not in sync',
              right: false,
              why: 'A replica serves reads whatever its lag. Looking at ReplicaLag is up to you.',
            },
          ],
          explanation: `c1 reads ${seen}. Read from the writer where a user must see its own change, or keep it to the writer for a while after a write.`,
        };
      }
    }
    return undefined;
  },
};

/** When a client that caches DNS comes back. */
const cachedAddress: Generator<P> = {
  id: 'rds-cached-address',
  topic: 'aws',
  level: 3,
  preset: 'cached-dns',
  make(run) {
    const moved = notes(run, /^now answers with/)[0];
    const back = notes(run, /^commits again/).find((n) => n.node === 'app2');
    const { ttl, clientTtl } = run.params;
    if (!moved || !back || clientTtl < 60) return undefined;
    const soon = moved.at + ttl * 1e6;
    const whole = moved.at + clientTtl * 1e6;
    if (Math.abs(back.at - soon) < 10e6 || Math.abs(back.at - whole) < 10e6) return undefined;
    return {
      until: moved.at + 1_000_000,
      prompt: `db2 is open and since ${seconds(moved.at)} DNS answers with it; the record’s time to live is ${ttl} s. app2 looked the name up at the start and its runtime keeps addresses for ${clientTtl} s. When does app2 commit again?`,
      choices: [
        {
          text: `At about ${seconds(back.at)}`,
          right: true,
          why: `It dials the dead address until its own cache runs out, ${clientTtl} s after the lookup.`,
        },
        {
          text: `At about ${seconds(soon)}`,
          right: false,
          why: 'So it would be if the record’s time to live counted. A runtime that caches longer overrides it.',
        },
        {
          text: `At about ${seconds(whole)}`,
          right: false,
          why: 'The cache began to run when the name was looked up, not when the record changed.',
        },
        {
          text: 'At once: the connection is moved to db2',
          right: false,
          why: 'A TCP connection goes to an address. Only a proxy can keep the caller’s side open.',
        },
      ],
      explanation: `app2 commits again at ${seconds(back.at)}. Keep the cache at or below 60 s (AWS), better at the record’s time to live, or put RDS Proxy in between.`,
    };
  },
};

export const generators: readonly Generator<P>[] = [standbyMisses, promotedWithout, staleRead, cachedAddress];
