import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from '../src/store/index.ts';
import { answer, card, NOON, person } from './contracts/store.ts';

/** The commands as people run them: processes with arguments, exit statuses and one line on stderr. */
const folder = mkdtempSync(path.join(tmpdir(), 'quorum-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cli = (command: string) => path.join(import.meta.dirname, '../dist/src/cli', `${command}.js`);
const run = (command: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli(command), ...args], { maxBuffer: 1e8 });
  return { status, out: stdout, text: stdout.toString(), err: stderr.toString() };
};
const simulate = (...args: string[]) => run('simulate', ...args);
const RAFT = ['raft', '--preset', 'leader-crash', '--seed', '7'];

describe('simulate', () => {
  it('gives the same JSON and SVG byte for byte in two processes', () => {
    for (const format of ['json', 'svg']) {
      const [one, two] = [simulate(...RAFT, '--format', format), simulate(...RAFT, '--format', format)];
      expect(one.status).toBe(0);
      expect(one.out.length).toBeGreaterThan(5000);
      expect(one.out.equals(two.out)).toBe(true);
    }
  });

  it('writes the JSON it promises', () => {
    const json = JSON.parse(simulate(...RAFT, '--format', 'json', '--set', 'nodes=3').text);
    expect(json).toMatchObject({ scenario: 'raft', preset: 'leader-crash', seed: 7, durationUs: 1_000_000 });
    expect(json.params).toMatchObject({ nodes: 3, electionTimeout: 'uniform:150:300', preVote: false });
    expect(json.verdicts[0]).toMatchObject({
      property: expect.any(String),
      holds: true,
      detail: expect.any(String),
    });
    expect(json.metrics.leader_elected_ms).toBeGreaterThan(0);
    const kinds = new Set(json.events.map((e: { kind: string }) => e.kind));
    expect([...kinds].sort()).toEqual([
      'deliver',
      'drop',
      'fault',
      'invoke',
      'note',
      'return',
      'send',
      'state',
    ]);
    expect(json.events.every((e: { at: number }) => Number.isInteger(e.at))).toBe(true);
  });

  it('counts verdicts and summarises metrics over many seeds', () => {
    const json = JSON.parse(simulate('raft', '--seed', '1', '--runs', '20', '--format', 'json').text);
    expect(json).toMatchObject({ runs: 20, seed: 1 });
    expect(json.events).toBeUndefined();
    expect(Object.keys(json.metrics.leader_elected_ms)).toEqual([
      'mean',
      'p50',
      'p90',
      'p95',
      'p99',
      'min',
      'max',
    ]);
    expect(
      json.verdicts.find((v: { property: string }) => v.property === 'one leader per term'),
    ).toMatchObject({ runs: 20, count: 0, holds: true });
  });

  it.each([
    ['png', '89504e47'],
    ['gif', '47494638'],
  ])('draws %s', (format, magic) => {
    const out = path.join(folder, `a.${format}`);
    expect(simulate(...RAFT, '--format', format, '--out', out).status).toBe(0);
    expect(readFileSync(out).subarray(0, 4).toString('hex')).toBe(magic);
  });

  it('exits with 1 where a property was violated, and tells it', () => {
    const broken = simulate('raft', '--preset', 'leader-crash', '--twin', 'half-is-enough', '--runs', '60');
    expect(broken.status).toBe(1);
    expect(broken.text).toMatch(/✗ one leader per term: violated in \d+ of 60, first at seed \d+/);
  });

  it('explores, and shows a shortest violation as a run', () => {
    const args = [
      'raft',
      '--preset',
      'election',
      '--set',
      'nodes=3',
      '--set',
      'clients=0',
      '--explore',
      '--states',
      '60000',
    ];
    expect(simulate(...args).status).toBe(0);
    const found = simulate(...args, '--twin', 'votes-twice');
    expect(found.status).toBe(1);
    expect(found.text).toMatch(/were both elected in term 1/);
    expect(found.text).toMatch(/A shortest way there/);
  });

  it('describes itself', () => {
    expect(simulate('--help').text).toContain('Exit status');
    const list = JSON.parse(simulate('--list', '--format', 'json').text) as {
      id: string;
      presets: unknown[];
    }[];
    expect(list.find((s) => s.id === 'raft')?.presets.length).toBeGreaterThanOrEqual(10);
    const raft = JSON.parse(simulate('raft', '--describe', '--format', 'json').text);
    expect(raft.params.find((p: { name: string }) => p.name === 'nodes')).toMatchObject({
      unit: 'nodes',
      min: 1,
      default: '5',
    });
    expect(raft.metrics.find((m: { name: string }) => m.name === 'unavailable_ms')).toMatchObject({
      unit: 'ms',
    });
  });

  it.each([
    [[], /which scenario\? There are .*raft/],
    [['rfat'], /No scenario `rfat`; did you mean raft\?/],
    [['raft', '--preset', 'leader-crsh'], /did you mean leader-crash\?/],
    [['raft', '--set', 'node=3'], /no parameter `node`; did you mean nodes\?/],
    [['raft', '--set', 'nodes=1000000'], /nodes must be a whole number from 1 to 15/],
    [['raft', '--set', 'loss=2'], /loss must be a number from 0 to 1/],
    [['raft', '--set', 'latency=gamma:1'], /latency: unknown kind of distribution/],
    [['raft', '--set', 'faults=partition:n1|n9:100'], /No node `n9`/],
    [['raft', '--set', 'nodes'], /name=value/],
    [['raft', '--seed=-1'], /--seed must be a whole number/],
    [['raft', '--runs', '0'], /--runs must be a whole number from 1/],
    [['raft', '--format', 'pgn'], /--format must be one of .*Did you mean png\?/],
    [['raft', '--colour'], /colour/],
    [['raft', '--out', '/no/such/folder/x'], /cannot write/],
    [['raft', '--against', 'nosuch'], /against must be a preset/],
    [['lambda', '--set', 'arrivals=poisson:1000000000'], /a rate must be above 0 and at most/],
    [['lambda', '--set', 'arrivals=poisson:0'], /a rate must be above 0/],
    [['lambda', '--set', 'simSeconds=9999999', '--set', 'arrivals=poisson:1000'], /Shorten|at most/],
  ])('%j is bad input: one line, status 2', (args, message) => {
    const { status, err, text } = simulate(...args);
    expect(err).toMatch(message);
    expect({ status, lines: err.trim().split('\n').length, text }).toEqual({ status: 2, lines: 1, text: '' });
  });
});

describe('check-history', () => {
  const check = (lines: readonly object[] | string, ...args: string[]) => {
    const file = path.join(folder, 'history.jsonl');
    writeFileSync(file, typeof lines === 'string' ? lines : lines.map((l) => JSON.stringify(l)).join('\n'));
    return run('check-history', file, ...args);
  };
  const op = (
    process: string,
    f: string,
    value: unknown,
    invoke: number,
    end: number | null,
    outcome = 'ok',
  ) => ({ process, f, key: 'x', value, outcome, invoke, return: end });

  it('tells linearizable from sequential', () => {
    // A read that begins after a write has ended, and does not see it: stale, yet in program order.
    const stale = check([op('a', 'write', 1, 0, 10), op('b', 'read', 0, 20, 30)], '--model', 'register');
    expect(stale.status).toBe(1);
    expect(JSON.parse(stale.text)).toMatchObject({ linearizable: false, sequential: true });
    const fresh = check([op('a', 'write', 1, 0, 10), op('b', 'read', 0, 10, 30)], '--model', 'register');
    expect(JSON.parse(fresh.text)).toMatchObject({ linearizable: true, sequential: true });
    expect(fresh.status).toBe(0);
  });

  it.each([
    ['not json', ['--model', 'register'], /line 1/i],
    ['{"process":"a"}', ['--model', 'register'], /line 1/i],
    ['', ['--model', 'regster'], /register/],
  ])('refuses %j with %j', (lines, args, message) => {
    const { status, err } = check(lines, ...args);
    expect(err).toMatch(message);
    expect(status).toBe(2);
  });
});

describe('rebuild', () => {
  it('counts leaderboards again from the log, in the store the environment names', async () => {
    const file = `file:${path.join(folder, 'q.db')}`;
    const board = { scope: 'page:page', period: 'all' };
    const store = await openStore(file);
    const ana = await store.learners.of(person('Ana'), NOON);
    const paid = { grade: 3 as const, card: card(), points: 20 };
    await store.answers.record(answer(ana.id, 'e1'), () => paid);
    await store.close();
    const db = new Database(path.join(folder, 'q.db'));
    db.exec('update standings set points = 7; delete from activity');
    db.close();
    const env = { ...process.env, DATABASE_URL: file };
    const rebuilt = spawnSync(process.execPath, [cli('rebuild')], { env });
    expect(rebuilt.stdout.toString()).toMatch(/q\.db: 1 answers, 8 standings, [\d.]+ s\n/);
    const again = await openStore(file);
    expect(await again.ranking.top(board, 10)).toMatchObject([{ name: 'Ana', points: 20, rank: 1 }]);
    expect(await again.answers.activity(ana.id, 9)).toMatchObject([{ answers: 1, points: 20 }]);
    await again.close();
    for (const [url, words] of [
      ['mysql://x', 'DATABASE_URL must be file:PATH'],
      [`file:${folder}`, 'DATABASE_URL: cannot open'],
    ]) {
      const bad = spawnSync(process.execPath, [cli('rebuild')], { env: { ...env, DATABASE_URL: url } });
      expect(bad.status).toBe(2);
      expect(bad.stderr.toString()).toContain(words);
    }
  });
});
