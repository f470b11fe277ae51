import { beforeAll, describe, expect, it } from 'vitest';
import { checkFonts } from '../src/draw/check-fonts.ts';
import { useFonts } from '../src/draw/fonts.ts';
import { FRAMES, renderAnimation } from '../src/draw/gif.ts';
import type { Theme } from '../src/draw/index.ts';
import { layoutTimeline } from '../src/draw/layout.ts';
import { PALETTES } from '../src/draw/palette.ts';
import { toPng } from '../src/draw/png.ts';
import { layoutRanking } from '../src/draw/ranking.ts';
import { renderTimeline } from '../src/draw/render.ts';
import { toSvg } from '../src/draw/svg.ts';
import { timelineView } from '../src/draw/view.ts';
import type { Run } from '../src/sim/scenario.ts';
import { faultsRun, partitionRun, raftLook } from './support/draw-runs.ts';
import { collisions, extent, outside } from './support/draw-sheet.ts';
import { TraceBuilder, verdict } from './support/trace.ts';

beforeAll(() => {
  useFonts();
});

const HOSTILE = [
  'a\u0000b\u001b[31mc',
  'x'.repeat(10_000),
  'מימין לשמאל \u202eلقب',
  '😀👩‍👩‍👧‍👦🏳️‍🌈',
  '<script>alert("1")</script>&amp;]]>',
  '\ud800\udfff\udc00 \ufffe\uffff',
  `z${'\u0301'.repeat(2000)}`,
  '%s {{y}} datum.x',
  '',
];

/** Every text a run can carry into a picture, hostile. */
function hostileRun(words: string): Run {
  const t = new TraceBuilder()
    .state(1, words, words, words)
    .message(2, words, 'b', words, 3, { label: words })
    .fault(3, { fault: 'delay', nodes: [words], delay: words })
    .fault(4, { fault: 'byzantine', nodes: ['b'], behaviour: words })
    .operation(5, words, words, 4, { key: words, value: words, answer: words })
    .sample(6, 'series', Number.NaN)
    .sample(7, 'series', 1e308)
    .note(8, words, words);
  return t.run({
    nodes: [words, 'b'],
    lengthMs: 20,
    cut: words,
    look: {
      headline: () => words,
      span: () => ({ from: 1000, to: 9000, label: words }),
      footer: words,
      states: { [words]: { tone: 'strong', legend: words } },
      messages: { [words]: { ink: 'ask', legend: words } },
      tracks: [
        {
          title: words,
          unit: words,
          series: [{ name: 'series', legend: words, tone: 'good' }],
          limit: { legend: words, value: 3 },
        },
      ],
    },
    verdicts: [verdict(words, false, { at: 5000 })],
  });
}

function crowd(nodes: number, messages: number): Run {
  const t = new TraceBuilder();
  const names = Array.from({ length: nodes }, (_, i) => `node-${i + 1}`);
  const types = ['RequestVote', 'Vote', 'Append', 'Heartbeat', 'Reply'];
  for (let i = 0; i < messages; i++)
    t.message(i, names[i % nodes]!, names[(i * 7 + 1) % nodes]!, types[i % 5]!, 5 + (i % 11), {
      why: i % 9 === 0 ? 'loss' : undefined,
    });
  return t.run({ nodes: names, lengthMs: messages + 20, look: raftLook });
}

const RUNS: [string, () => Run][] = [
  ['a partition', partitionRun],
  ['every fault', faultsRun],
  ['no events', () => new TraceBuilder().run({ nodes: ['n1', 'n2', 'n3'], lengthMs: 0 })],
  ['no lanes', () => new TraceBuilder().run({ nodes: [], lengthMs: 10 })],
  [
    '1 lane',
    () => new TraceBuilder().state(1, 'n1', 'leader').run({ nodes: ['n1'], lengthMs: 10, look: raftLook }),
  ],
  ['9 lanes', () => crowd(9, 100)],
  ['20 lanes', () => crowd(20, 100)],
  ['500 messages', () => crowd(5, 500)],
];

describe('an SVG', () => {
  it.each(RUNS)('of %s has the same bytes twice, in either theme, and no element opacity', async (_, run) => {
    for (const theme of ['dark', 'light'] as Theme[]) {
      const first = await renderTimeline(run(), { format: 'svg', theme });
      expect(await renderTimeline(run(), { format: 'svg', theme })).toBe(first);
      expect(first).not.toMatch(/\sopacity="(?!1")/);
      expect(first).not.toMatch(/NaN|undefined|Infinity|aria-label/);
    }
  });

  it('is painted in colours of its theme alone', async () => {
    for (const theme of ['dark', 'light'] as Theme[]) {
      const svg = await renderTimeline(faultsRun(), { format: 'svg', theme });
      const used = new Set(svg.match(/#[0-9a-f]{6}/g));
      const own = new Set<string>(Object.values(PALETTES[theme]));
      expect([...used].filter((colour) => !own.has(colour))).toEqual([]);
      expect(used.size).toBeGreaterThan(10);
    }
  });

  it('batches: 500 messages are a handful of paths', async () => {
    const svg = await renderTimeline(crowd(5, 500), { format: 'svg' });
    expect(svg.match(/<path/g)!.length).toBeLessThan(60);
  });
});

describe('a picture', () => {
  it.each(RUNS)('of %s is a PNG no wider and no taller than a chat shows', async (_, run) => {
    const picture = await toPng(await renderTimeline(run(), { format: 'svg' }));
    expect(Buffer.from(picture.bytes.subarray(1, 4)).toString()).toBe('PNG');
    expect(picture.width).toBe(1200);
    expect(picture.height).toBeGreaterThan(150);
    expect(picture.height).toBeLessThanOrEqual(2000);
  });

  it('of five servers is 1200 by 675', async () => {
    const sheet = layoutTimeline(timelineView(partitionRun()));
    expect([sheet.width, sheet.height]).toEqual([1200, 675]);
  });

  it.each(HOSTILE.map((words) => [JSON.stringify(words).slice(0, 40), words]))(
    'of hostile words %s',
    async (_, words) => {
      const run = hostileRun(words);
      for (const step of [undefined, 0, 3]) {
        const svg = await renderTimeline(run, { format: 'svg', step });
        expect(svg).not.toContain('<script');
        expect((await toPng(svg)).width).toBe(1200);
      }
      const row = { rank: 1, name: words, points: 3, note: words };
      const ranking = await toSvg(layoutRanking({ title: words, subtitle: words, rows: [row] }));
      expect((await toPng(ranking)).width).toBe(1200);
    },
  );

  it('keeps its words inside, and off each other where they share a line', () => {
    for (const [, run] of RUNS) {
      const sheet = layoutTimeline(timelineView(run()));
      expect(outside(sheet)).toEqual([]);
      expect(collisions(sheet)).toEqual([]);
    }
  });

  it('writes into a bar only what fits', () => {
    const t = new TraceBuilder();
    for (let i = 0; i < 16; i++) t.state(i ** 3 * 0.28, 'n1', i % 2 ? 'leader' : 'candidate', `term ${i}`);
    const sheet = layoutTimeline(timelineView(t.run({ nodes: ['n1'], lengthMs: 1000, look: raftLook })));
    const bars = sheet.boxes.filter((box) => box.height === 26);
    const labels = sheet.words.filter((word) => /T\d|term/.test(word.text));
    expect(labels.some((word) => /^T\d+$/.test(word.text))).toBe(true);
    expect(labels.some((word) => /^leader · term/.test(word.text))).toBe(true);
    expect(labels.length).toBeLessThan(16);
    for (const word of labels) {
      const [left, right] = extent(word);
      const bar = bars.find((b) => b.x <= (left + right) / 2 && (left + right) / 2 <= b.x + b.width)!;
      expect([word.text, left >= bar.x - 1, right <= bar.x + bar.width + 1]).toEqual([word.text, true, true]);
    }
  });

  it.each<[number, string, string]>([
    [12, '12', 'limit 12'],
    [1000, '5', 'limit 1000 ↑'],
  ])(
    'scales a track to its figures where the limit of %i is near, and names it where it is far',
    (value, top, legend) => {
      const t = new TraceBuilder();
      for (let at = 0; at <= 100; at += 10) t.sample(at, 'busy', at % 50 ? 2 : 5);
      const track = {
        title: 'Concurrency',
        unit: '',
        series: [{ name: 'busy', legend: 'in use', tone: 'strong' as const }],
        limit: { legend: 'limit', value },
      };
      const run = t.run({ nodes: ['n1'], lengthMs: 100, look: { tracks: [track] } });
      const words = layoutTimeline(timelineView(run)).words.map((word) => word.text);
      expect(words).toEqual(expect.arrayContaining([top, legend]));
    },
  );

  it('shows a step with its playhead and a cut without what follows', async () => {
    const run = partitionRun();
    const send = run.events.findIndex((event) => event.kind === 'send' && event.type === 'RequestVote');
    const stepped = layoutTimeline(timelineView(run, { step: send }));
    expect(stepped.tags.map((tag) => tag.text)).toEqual(['162 ms', 'vote request']);
    expect(stepped.veils).toHaveLength(1);
    const cut = layoutTimeline(timelineView(run, { until: 300_000 }));
    const edge = cut.plot!.x + cut.plot!.width * 0.3 + 30;
    expect(cut.boxes.filter((box) => box.y < 530 && box.x + box.width > edge)).toEqual([]);
    expect(cut.words.map((word) => word.text)).toContain('?');
  });
});

describe('an animation', () => {
  it('is a GIF of 40 frames that pauses where something happens and ends on the whole picture', async () => {
    const { default: sharp } = await import('sharp');
    const run = partitionRun();
    const gif = await renderAnimation(run);
    const info = await sharp(gif.bytes, { pages: -1 }).metadata();
    expect(info.pages).toBe(FRAMES);
    expect(info.delay!.filter((ms) => ms >= 500).length).toBeGreaterThan(2);
    expect(gif.bytes.length).toBeLessThan(200_000);
    const last = await sharp(gif.bytes, { page: FRAMES - 1 })
      .removeAlpha()
      .raw()
      .toBuffer();
    const still = await sharp(await renderTimeline(run, { format: 'png' }))
      .resize(gif.width)
      .removeAlpha()
      .raw()
      .toBuffer();
    let far = 0;
    for (let i = 0; i < still.length; i++) if (Math.abs(still[i]! - last[i]!) > 60) far++;
    expect(far / still.length).toBeLessThan(0.01);
    const first = await sharp(gif.bytes, { page: 0 }).removeAlpha().raw().toBuffer();
    expect(first.equals(last)).toBe(false);
    expect(await renderAnimation(run)).toEqual(gif);
  });
});

describe('fonts', () => {
  it('are found to work', async () => {
    await expect(checkFonts()).resolves.toBeUndefined();
  });

  it('are named by an absolute path', () => {
    expect(useFonts()).toMatch(/^\/.*fonts\.conf$|^[A-Z]:\\/);
    expect(process.env.FONTCONFIG_FILE).toBe(useFonts());
  });
});
