import * as vega from 'vega';
import type { Weight } from './fonts.ts';
import type { Theme } from './index.ts';
import type { Sheet } from './sheet.ts';
import { LAYERS, runtimeOf } from './spec.ts';
import { textWidth } from './text.ts';

/** Vega exports these and its typings leave them out. */
const { textMetrics } = vega as unknown as {
  textMetrics: { canvas(use: boolean): void; width: (item: Item, text: string) => number };
};
interface Item {
  readonly fontSize: number;
  readonly fontWeight: Weight;
  readonly limit?: number;
}

textMetrics.canvas(false);
textMetrics.width = (item, text) => {
  const width = textWidth(String(text ?? ''), item.fontSize, item.fontWeight);
  return item.limit !== undefined && item.limit > 0 ? Math.min(width, item.limit) : width;
};

const refuse = () => Promise.reject(new Error('a picture loads nothing'));
const loader: vega.Loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

/**
 * Vega takes a path apart to know its bounds, and keeps the parts with it; nothing here asks for bounds, and a path
 * of 200 messages has a thousand parts. So it is told that it already has them. A Vega that does not listen draws
 * the same, more slowly.
 */
const unparsed = (path: string) => Object.assign([], { path });

/** The same sheet and theme give the same bytes, in any thread and on any machine. */
export async function toSvg(sheet: Sheet, theme: Theme = 'dark'): Promise<string> {
  const view = new vega.View(runtimeOf(theme), { renderer: 'none', loader, logLevel: vega.Error });
  try {
    view.width(sheet.width).height(sheet.height);
    // Vega marks the rows it is given as its own: it gets copies
    for (const layer of LAYERS)
      view.data(
        layer,
        sheet[layer].map((row) => ('path' in row ? { ...row, parsed: unparsed(row.path) } : { ...row })),
      );
    await view.runAsync();
    // clip ids are numbered a process
    vega.resetSVGDefIds();
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
