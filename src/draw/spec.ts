import { parse, type Runtime, type Spec } from 'vega';
import { FAMILY } from './fonts.ts';
import type { Theme } from './index.ts';
import { PALETTES } from './palette.ts';

/**
 * The Vega specification of every picture: layers of shapes, each a data set of the sheet, painted by the
 * meaning of their colours. Positions come laid out, because a label's place depends on the width of its text.
 */
export const LAYERS = [
  'areas',
  'lines',
  'links',
  'boxes',
  'marks',
  'words',
  'veils',
  'pointers',
  'plates',
  'tags',
] as const;
type Layer = (typeof LAYERS)[number];

const runtimes = new Map<Theme, Runtime>();

/** Parsed once a theme. */
export function runtimeOf(theme: Theme): Runtime {
  const known = runtimes.get(theme);
  if (known) return known;
  const runtime = parse(specOf(theme));
  runtimes.set(theme, runtime);
  return runtime;
}

/** No element has an `opacity`: for each one librsvg would draw a layer as large as the picture. */
export function specOf(theme: Theme): Spec {
  const paints = Object.entries(PALETTES[theme]);
  // an ordinal scale would give what has no paint the first colour
  const paint = (field: string) => ({ signal: `datum.${field} ? scale('paint', datum.${field}) : null` });
  const box = (from: Layer) => ({
    type: 'rect' as const,
    aria: false,
    from: { data: from },
    encode: {
      enter: {
        x: { field: 'x' },
        y: { field: 'y' },
        width: { field: 'width' },
        height: { field: 'height' },
        cornerRadius: { field: 'radius' },
        fill: paint('fill'),
        fillOpacity: { field: 'fillOpacity' },
        stroke: paint('stroke'),
        strokeWidth: { field: 'strokeWidth' },
        strokeDash: { field: 'dash' },
      },
    },
  });
  const path = (from: Layer) => ({
    type: 'path' as const,
    aria: false,
    from: { data: from },
    encode: {
      enter: {
        path: { field: 'path' },
        pathCache: { field: 'parsed' },
        strokeCap: { field: 'cap' },
        fill: paint('fill'),
        fillOpacity: { field: 'fillOpacity' },
        stroke: paint('stroke'),
        strokeWidth: { field: 'strokeWidth' },
        strokeDash: { field: 'dash' },
      },
    },
  });
  const text = (from: Layer) => ({
    type: 'text' as const,
    aria: false,
    from: { data: from },
    encode: {
      enter: {
        x: { field: 'x' },
        y: { field: 'y' },
        // the middle of capitals, not of the font's box
        dy: { signal: 'datum.size * 0.364' },
        text: { field: 'text' },
        align: { field: 'align' },
        baseline: { value: 'alphabetic' as const },
        fill: paint('paint'),
        font: { value: FAMILY },
        fontSize: { field: 'size' },
        fontWeight: { field: 'weight' },
      },
    },
  });
  return {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    background: PALETTES[theme].background,
    padding: 0,
    autosize: 'none',
    data: LAYERS.map((name) => ({ name })),
    scales: [
      {
        name: 'paint',
        type: 'ordinal',
        domain: paints.map(([name]) => name),
        range: paints.map(([, colour]) => colour),
      },
    ],
    marks: [
      box('areas'),
      path('lines'),
      path('links'),
      box('boxes'),
      path('marks'),
      text('words'),
      box('veils'),
      path('pointers'),
      box('plates'),
      text('tags'),
    ],
  };
}
