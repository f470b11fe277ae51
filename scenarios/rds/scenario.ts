import { type Ink, NO_LIES, scenario, type World } from '../../src/sim/scenario.ts';
import { app } from './app.ts';
import { client } from './client.ts';
import { db } from './db.ts';
import { dns } from './dns.ts';
import { generators } from './generators.ts';
import { footer, headline, span } from './headline.ts';
import { meter, metrics } from './meter.ts';
import { members, params, replicas, stores } from './params.ts';
import { presets } from './presets.ts';
import { properties, quiet, serves } from './properties.ts';
import { DNS_NODE, PROXY_NODE, RDS_NODE } from './protocol.ts';
import { proxy } from './proxy.ts';
import { rds } from './rds.ts';
import { store } from './store.ts';
import { twins } from './twins.ts';

const MOST_TRANSACTIONS = 1_000_000;
const MOST_GROUPS = 2000;
const MOST_OPERATIONS = 4000;

const primary = (world: World) =>
  world.actors.filter((a) => serves(world.state(a.id))).sort((a, b) => gen(world, b.id) - gen(world, a.id))[0]
    ?.id;
const gen = (world: World, id: string): number => world.state(id)?.disk?.gen ?? 0;

export default scenario({
  id: 'rds',
  title: 'Amazon RDS',
  summary:
    'Multi-AZ instance and cluster, read replicas and Aurora: what a failover takes, and what it may lose.',
  topic: 'aws',
  sources: [
    'Amazon RDS User Guide: Failing over a Multi-AZ DB instance, https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html',
    'Amazon RDS User Guide: Failing over a Multi-AZ DB cluster, https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/multi-az-db-clusters-concepts-failover.html',
    'Amazon RDS User Guide: Promoting a read replica, https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html',
    'AWS Database Blog: Amazon RDS Under the Hood: Multi-AZ, https://aws.amazon.com/blogs/database/amazon-rds-under-the-hood-multi-az/',
    'A. Verbitski et al.: Amazon Aurora: Design Considerations for High Throughput Cloud-Native Relational Databases, SIGMOD 2017',
  ],
  params,
  check(p) {
    if (p.arrivals.rate * p.simSeconds > MOST_TRANSACTIONS)
      return `arrivals × simSeconds is about ${Math.round(p.arrivals.rate * p.simSeconds)} transactions; at most ${MOST_TRANSACTIONS} are simulated in a run. Shorten simSeconds or lower the rate.`;
    if ((p.simSeconds * 1000 * p.apps) / p.tick > MOST_GROUPS)
      return `simSeconds × apps / tick is ${Math.round((p.simSeconds * 1000 * p.apps) / p.tick)} groups of commits; at most ${MOST_GROUPS} are simulated in a run. Take a longer tick or a shorter run.`;
    const operations = (p.clients * p.simSeconds * 1000) / (p.think.mean + 2 * p.latency.mean + 0.1);
    if (operations > MOST_OPERATIONS)
      return `clients × simSeconds / think is about ${Math.round(operations)} operations; at most ${MOST_OPERATIONS} are simulated in a run. Take a longer think or fewer clients.`;
    if (p.lease >= p.deadAfter)
      return `lease (${p.lease} ms) must be shorter than deadAfter (${p.deadAfter} ms), or two primaries may serve at once.`;
    if (2 * p.heartbeat >= p.lease)
      return `lease (${p.lease} ms) must be longer than two heartbeats (${p.heartbeat} ms each), or a healthy primary stops at the first lost message.`;
    if ((p.mode === 'replica' || p.mode === 'aurora') && p.replicas === 0)
      return `mode=${p.mode} needs replicas=1 or more: there is nobody to read from or to promote.`;
    if (p.proxy && p.reads === 'reader')
      return 'proxy=on leads to the writer only; take reads=writer with it.';
    if (p.link > 0 && replicas(p).length === 0)
      return `link is the way to an asynchronous replica; mode=${p.mode} replicas=${p.replicas} has none.`;
    return undefined;
  },
  presets,
  parts: {
    app: app(),
    client: client(),
    proxy,
    db: db(),
    store: store(),
    rds: rds(),
    dns,
    plane: rds(),
    names: dns,
  },
  actors: (p) => [
    ...Array.from({ length: p.apps }, (_, i) => ({ id: p.apps === 1 ? 'app' : `app${i + 1}`, part: 'app' })),
    ...(p.proxy ? [{ id: PROXY_NODE, part: 'proxy' }] : []),
    ...[...members(p), ...replicas(p)].map((id) => ({ id, part: 'db' })),
    ...stores(p).map((id) => ({ id, part: 'store' })),
    // with mode=aurora the six copies are what is looked at: the control plane and DNS have no lane
    { id: RDS_NODE, part: p.mode === 'aurora' ? 'plane' : 'rds' },
    { id: DNS_NODE, part: p.mode === 'aurora' ? 'names' : 'dns' },
    ...Array.from({ length: p.clients }, (_, i) => ({ id: `c${i + 1}`, part: 'client' })),
  ],
  length: (p) => p.simSeconds * 1000,
  network: (p) => ({ latency: p.latency, loss: p.loss, disk: p.disk }),
  targets: {
    primary,
    copy(world) {
      const first = primary(world);
      return world.actors.filter((a) => a.part === 'db' && a.id !== first && world.up(a.id)).map((a) => a.id);
    },
    store: (world) => world.actors.filter((a) => a.part === 'store' && world.up(a.id)).map((a) => a.id),
  },
  withstands: NO_LIES,
  quiet,
  properties,
  twins,
  metrics,
  meter,
  look: {
    lanes: ['app', 'proxy', 'db', 'store', 'rds', 'dns'],
    states: {
      connected: { tone: 'good', legend: 'commits' },
      failing: { tone: 'bad', legend: 'fails' },
      holding: { tone: 'warm', legend: 'waits' },
      primary: { tone: 'strong', legend: 'primary', stale: 'stale primary' },
      'primary, alone': { tone: 'warm', legend: 'primary, unprotected' },
      standby: { tone: 'quiet', legend: 'standby (no reads)' },
      reader: { tone: 'second', legend: 'readable copy' },
      'read replica': { tone: 'second', legend: 'readable copy' },
      behind: { tone: 'warm', legend: 'far behind' },
      promoting: { tone: 'odd', legend: 'failing over' },
      starting: { tone: 'quiet', legend: 'at rest' },
      fenced: { tone: 'faded', legend: 'fenced' },
      demoted: { tone: 'faded', legend: 'fenced' },
      copy: { tone: 'faded', legend: 'storage copy' },
      watching: { tone: 'quiet', legend: 'at rest' },
      'failing over': { tone: 'odd', legend: 'failing over' },
      waiting: { tone: 'warm', legend: 'waits' },
      alarm: { tone: 'bad', legend: 'fails' },
      ...Object.fromEntries(
        ['→ db1', '→ db2', '→ db3', '→ db4'].map((name) => [
          name,
          { tone: 'faded' as const, legend: 'DNS record' },
        ]),
      ),
    },
    messages: {
      ...group('quiet', 'commit, log, heartbeat, lookup', {
        Write: 'commit request',
        Done: 'committed',
        Read: 'read',
        Value: 'row',
        Ship: 'log records',
        Ack: 'acknowledgement',
        Renew: 'heartbeat',
        Lease: 'lease',
        Resolve: 'DNS lookup',
        Resolved: 'DNS answer',
        Pointed: 'confirmation',
        Who: 'role question',
        Role: 'role',
      }),
      ...group('decide', 'order of RDS', {
        Fence: 'fencing',
        Promote: 'promotion',
        Point: 'new endpoint',
      }),
      ...group('grant', 'report, role', {
        Ask: 'question whether to go on alone',
        View: 'answer on going on alone',
        Hello: 'question who it is',
        Assign: 'role',
        Position: 'position in the log',
        Promoted: 'report of its promotion',
      }),
      Refused: { ink: 'bad', legend: 'refused' },
    },
    tracks: [
      {
        title: 'commits',
        unit: 'per second',
        series: [
          { name: 'committed', legend: 'acknowledged', tone: 'good', as: 'area' },
          { name: 'failed', legend: 'failed', tone: 'bad', as: 'line' },
          { name: 'committed app2', legend: 'acknowledged (app2)', tone: 'second', as: 'line' },
          { name: 'failed app2', legend: 'failed (app2)', tone: 'warm', as: 'line' },
        ],
      },
      {
        title: 'ReplicaLag',
        unit: 's',
        series: [
          { name: 'lag db2', legend: 'db2', tone: 'bad', as: 'line' },
          { name: 'lag db3', legend: 'db3', tone: 'odd', as: 'line' },
          { name: 'lag db4', legend: 'db4', tone: 'second', as: 'line' },
        ],
      },
    ],
    headline,
    span,
    footer,
  },
  generators,
});

/** Types that share one entry of the legend, each with its own word in the story. */
function group(ink: Ink, legend: string, words: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(words).map(([type, word]) => [type, { ink, legend, word }]));
}
