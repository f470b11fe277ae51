import type { ComparisonView } from '../../src/draw/view/comparison.ts';
import type { BadgeView, RunView, SheetView, TimelineView } from '../../src/draw/view.ts';

const ms = (us: number) => String(Math.round(us / 100) / 10);
const span = (from: number, to: number) => `${ms(from).padStart(6)} – ${ms(to).padEnd(6)}`;
const badge = (view: { readonly badge?: BadgeView }) =>
  view.badge ? `   [${view.badge.tone}: ${view.badge.text}]` : '';
const which = (run: 0 | 1 | undefined) => (run === undefined ? '' : run === 0 ? ' above' : ' below');

type Section = (title: string, rows: readonly string[]) => void;
const sectionOf =
  (lines: string[]): Section =>
  (title, rows) => {
    if (rows.length > 0) lines.push('', title, ...rows.map((row) => `  ${row}`.trimEnd()));
  };

/** View data as a page a person can read and compare. Times in ms. */
export function tellView(view: TimelineView): string {
  const name = (lane: number) => view.lanes[lane]?.node ?? '?';
  const lines: string[] = [
    view.headline + badge(view),
    view.recipe,
    `window ${ms(view.from)} – ${ms(view.to)}${view.until === undefined ? '' : `, blank after ${ms(view.until)}`}`,
  ];
  const section = sectionOf(lines);
  if (view.step) {
    const { at, lane, message } = view.step;
    const what =
      message === undefined ? (lane === undefined ? '' : ` on ${name(lane)}`) : ` message ${message}`;
    section('step', [`${ms(at)}${what}`]);
  }
  tellRun(view, section);
  tellRest(view, section);
  return `${lines.join('\n')}\n`;
}

export function tellComparison(view: ComparisonView): string {
  const lines: string[] = [view.headline, view.recipe, `window ${ms(view.from)} – ${ms(view.to)}`];
  const section = sectionOf(lines);
  if (view.difference) section('parted', [`${ms(view.difference.at)} ${view.difference.label}`]);
  for (const run of view.runs) {
    lines.push('', `== ${run.caption}: ${run.headline}${badge(run)}`);
    tellRun(run, section);
  }
  lines.push('', '== both');
  tellRest(view, section);
  return `${lines.join('\n')}\n`;
}

function tellRun(view: RunView, section: Section): void {
  const name = (lane: number) => view.lanes[lane]?.node ?? '?';
  section(
    'faults',
    view.faults.map(
      (f) =>
        `${span(f.from, f.to)} ${f.words.join(' / ')}${f.lanes ? ` on ${f.lanes.map(name).join(' ')}` : ''}${f.cuts.map((lane) => ` | above ${name(lane)}`).join('')}`,
    ),
  );
  section('measured', view.span ? [`${span(view.span.from, view.span.to)} ${view.span.label}`] : []);
  section(
    'violations',
    view.violations.map((v) => `${ms(v.at)} ${v.text}${v.promised ? '' : ' (not promised)'}`),
  );
  section(
    'lanes',
    view.lanes.flatMap((lane) =>
      lane.bars.map(
        (bar, i) =>
          `${(i === 0 ? lane.node : '').padEnd(6)} ${span(bar.from, bar.to)} ${bar.tone}${bar.kind === 'state' ? '' : ` ${bar.kind}`}: ${bar.words.join(' / ')}`,
      ),
    ),
  );
  section(
    'messages',
    view.messages.map((m) => {
      const fate = { arrived: '', lost: ` × ${m.reach}`, open: ` … ${m.reach}` }[m.fate];
      return `${span(m.sent, m.ended)} ${name(m.from)} → ${name(m.to)}  ${m.ink}: ${[m.name, m.label].filter(Boolean).join(' ')}${fate}`;
    }),
  );
  section(
    'operations',
    view.processes.flatMap((p) =>
      p.operations.map(
        (op, i) =>
          `${(i === 0 ? p.process : '').padEnd(6)} ${span(op.from, op.to)} ${op.outcome}: ${op.words.join(' / ')}${op.blamed ? ' (blamed)' : ''}`,
      ),
    ),
  );
  section('blame', view.blame === undefined ? [] : [view.blame]);
}

function tellRest(view: SheetView, section: Section): void {
  section(
    'tracks',
    view.tracks.flatMap((track) => [
      `${track.title} (${track.unit})${track.limits.map((limit) => `, ${limit.legend} ${limit.value}${which(limit.run)}`).join('')}`,
      ...track.series.map((s) => {
        const values = s.points.map(([, value]) => value);
        return `  ${s.legend}${which(s.run)}: ${s.as}, ${s.tone}, ${s.points.length} points from ${Math.min(...values)} to ${Math.max(...values)}`;
      }),
    ]),
  );
  const { states, down, fault, outcomes, messages, lost } = view.legend;
  section('legend', [
    [...states.map((s) => `${s.word} (${s.tone})`), ...down, ...(fault ? ['fault'] : []), ...outcomes].join(
      ', ',
    ),
    [...messages.map((m) => `${m.word} (${m.ink})`), ...(lost ? ['lost'] : [])].join(', '),
  ]);
  section('footer', view.footer);
}
