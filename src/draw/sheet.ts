import type { Weight } from './fonts.ts';
import type { Paint } from './palette.ts';
import { textWidth } from './text.ts';

/**
 * A picture laid out: plain shapes in px, each with the meaning of its colour, in layers from the bottom up. What
 * Vega is given.
 */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  /** where time runs from left to right, headers included */
  readonly plot?: Rect;
  /** bands behind everything */
  readonly areas: readonly Box[];
  /** grid and lanes */
  readonly lines: readonly Stroke[];
  /** messages */
  readonly links: readonly Stroke[];
  /** bars, operations, badges */
  readonly boxes: readonly Box[];
  /** crosses, measured spans, playhead */
  readonly marks: readonly Stroke[];
  readonly words: readonly Word[];
  /** over all of this: what steps back, and what a step looks at */
  readonly veils: readonly Box[];
  readonly pointers: readonly Stroke[];
  readonly plates: readonly Box[];
  readonly tags: readonly Word[];
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Box extends Rect {
  /** none for an outline alone */
  readonly fill?: Paint;
  readonly fillOpacity?: number;
  readonly stroke?: Paint;
  readonly strokeWidth?: number;
  readonly dash?: readonly number[];
  readonly radius?: number;
}

export interface Stroke {
  /** an SVG path in px */
  readonly path: string;
  readonly stroke?: Paint;
  readonly strokeWidth?: number;
  readonly dash?: readonly number[];
  readonly cap?: 'round';
  readonly fill?: Paint;
  readonly fillOpacity?: number;
}

export interface Word {
  /** of the text's start, middle or end, and of its middle line */
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly paint: Paint;
  readonly size: number;
  readonly weight: Weight;
  readonly align: 'left' | 'center' | 'right';
}

export type WordStyle = Partial<Pick<Word, 'paint' | 'size' | 'weight' | 'align'>>;

/** A sheet under way. */
export class Draft {
  readonly width: number;
  readonly areas: Box[] = [];
  readonly lines: Stroke[] = [];
  readonly links: Stroke[] = [];
  readonly boxes: Box[] = [];
  readonly marks: Stroke[] = [];
  readonly words: Word[] = [];
  readonly veils: Box[] = [];
  readonly pointers: Stroke[] = [];
  readonly plates: Box[] = [];
  readonly tags: Word[] = [];

  constructor(width: number) {
    this.width = width;
  }

  /** Writes a text; returns its width. */
  word(text: string, x: number, y: number, style: WordStyle = {}): number {
    return this.#write(this.words, text, x, y, style);
  }

  tag(text: string, x: number, y: number, style: WordStyle = {}): number {
    return this.#write(this.tags, text, x, y, style);
  }

  #write(layer: Word[], text: string, x: number, y: number, style: WordStyle): number {
    const { paint = 'text', size = 20, weight = 400, align = 'left' } = style;
    if (text === '') return 0;
    layer.push({ x: px(x), y: px(y), text, paint, size, weight, align });
    return textWidth(text, size, weight);
  }

  done(height: number, plot?: Rect): Sheet {
    const { width, areas, lines, links, boxes, marks, words, veils, pointers, plates, tags } = this;
    const layers = { areas, lines, links, boxes, marks, words, veils, pointers, plates, tags };
    return { width, height: Math.round(height), ...(plot && { plot }), ...layers };
  }
}

/** Tenths are enough, and short. */
export const px = (value: number): number => Math.round(value * 10) / 10;

export const line = (x1: number, y1: number, x2: number, y2: number): string =>
  `M${px(x1)},${px(y1)}L${px(x2)},${px(y2)}`;

export const cross = (x: number, y: number, arm: number): string =>
  line(x - arm, y - arm, x + arm, y + arm) + line(x - arm, y + arm, x + arm, y - arm);
