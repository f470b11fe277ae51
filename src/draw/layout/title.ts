import { type Draft, px } from '../sheet.ts';
import { shorten, textWidth } from '../text.ts';
import type { BadgeView } from '../view.ts';

export const EDGE = 24;
const RIGHT_EDGE = 1174;
/** The headline and the recipe stand above this. */
export const TITLE_END = 88;
const SIZES = [30, 27, 24];

export interface Titled {
  readonly headline: string;
  readonly recipe: string;
  readonly badge?: BadgeView;
}

/** What happened, what was run, and the verdict. */
export function layoutTitle(draft: Draft, { headline, recipe, badge }: Titled): void {
  const badgeWidth = badge ? widthOfBadge(badge) : 0;
  const room = RIGHT_EDGE - EDGE - badgeWidth - (badge ? 24 : 0);
  const size = SIZES.find((s) => textWidth(headline, s, 700) <= room);
  const recipeWidth = textWidth(recipe, 22);
  // a long badge goes beside the recipe if there is more room there than beside the headline
  const low = size === undefined && recipeWidth <= room;
  const headlineRoom = size === undefined && low ? RIGHT_EDGE - EDGE : room;
  const headlineSize = size ?? SIZES.find((s) => textWidth(headline, s, 700) <= headlineRoom) ?? 24;
  draft.word(shorten(headline, headlineRoom, headlineSize, 700), EDGE, 33, {
    size: headlineSize,
    weight: 700,
  });
  const recipeRoom = low ? room : RIGHT_EDGE - EDGE;
  const recipeSize = recipeWidth <= recipeRoom ? 22 : 20;
  draft.word(shorten(recipe, recipeRoom, recipeSize), EDGE, 68, { paint: 'muted', size: recipeSize });
  if (badge) layoutBadge(draft, badge, low ? 68 : 38);
}

/** A run's own line where there are two: what sets it apart, what happened in it, its verdict. */
export function layoutCaption(
  draft: Draft,
  {
    caption,
    headline,
    badge,
  }: { readonly caption: string; readonly headline: string; readonly badge?: BadgeView },
  y: number,
): void {
  const room = RIGHT_EDGE - EDGE - (badge ? widthOfBadge(badge) + 24 : 0);
  const own = shorten(caption, room, 24, 700);
  const after = EDGE + draft.word(own, EDGE, y, { size: 24, weight: 700 }) + 16;
  const left = room + EDGE - after;
  if (left > 120) draft.word(shorten(headline, left, 20), after, y, { paint: 'muted' });
  if (badge) layoutBadge(draft, badge, y);
}

const badgeText = (badge: BadgeView) => shorten(badge.text, 700, 20, 600);
const widthOfBadge = (badge: BadgeView) => textWidth(badgeText(badge), 20, 600) + 32;

function layoutBadge(draft: Draft, badge: BadgeView, y: number): void {
  const width = widthOfBadge(badge);
  draft.boxes.push({
    x: px(RIGHT_EDGE - width),
    y: y - 17,
    width: px(width),
    height: 34,
    fill: badge.tone,
    radius: 17,
  });
  draft.word(badgeText(badge), RIGHT_EDGE - width / 2, y, {
    paint: `on ${badge.tone}`,
    weight: 600,
    align: 'center',
  });
}
