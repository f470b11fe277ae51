import type { Theme } from './index.ts';

/**
 * Colours by what they mean. The loud ones are Okabe & Ito's (2008), which people with any colour vision tell
 * apart; each also differs by sign, shape or word.
 */
export type Paint = keyof typeof DARK;

const DARK = {
  background: '#14181f',
  text: '#f3f5f8',
  muted: '#9ba7b6',
  grid: '#2a313c',
  // state bars, and the text on them
  quiet: '#5d6b80',
  'on quiet': '#f3f5f8',
  warm: '#e69f00',
  'on warm': '#14181f',
  strong: '#56b4e9',
  'on strong': '#14181f',
  faded: '#2c5f82',
  'on faded': '#dcebf5',
  good: '#009e73',
  'on good': '#0b1512',
  bad: '#d55e00',
  'on bad': '#14181f',
  odd: '#cc79a7',
  'on odd': '#14181f',
  second: '#f0e442',
  'on second': '#14181f',
  // messages
  'ink quiet': '#59688a',
  'ink reply': '#4a5669',
  'ink ask': '#e69f00',
  'ink grant': '#f0e442',
  'ink data': '#56b4e9',
  'ink decide': '#2fc79a',
  'ink bad': '#ff7a3d',
  lost: '#ff7a3d',
  'lost way': '#b5532a',
  fault: '#d55e00',
  'fault text': '#ff9a63',
  span: '#f0e442',
  step: '#ffffff',
};

const LIGHT: Record<Paint, string> = {
  background: '#ffffff',
  text: '#14181f',
  muted: '#566273',
  grid: '#e6e9ee',
  quiet: '#a3afbf',
  'on quiet': '#14181f',
  warm: '#e69f00',
  'on warm': '#14181f',
  strong: '#0072b2',
  'on strong': '#ffffff',
  faded: '#8fbcdc',
  'on faded': '#12344a',
  good: '#009e73',
  'on good': '#0b1512',
  bad: '#d55e00',
  'on bad': '#14181f',
  odd: '#b85c93',
  'on odd': '#14181f',
  second: '#f0e442',
  'on second': '#14181f',
  'ink quiet': '#9fb3cc',
  'ink reply': '#bcc8d6',
  'ink ask': '#cc8b00',
  'ink grant': '#85800a',
  'ink data': '#0072b2',
  'ink decide': '#00805d',
  'ink bad': '#d55e00',
  lost: '#d55e00',
  'lost way': '#e59a66',
  fault: '#d55e00',
  'fault text': '#a84a00',
  span: '#14181f',
  step: '#14181f',
};

export const PALETTES: Readonly<Record<Theme, Readonly<Record<Paint, string>>>> = {
  dark: DARK,
  light: LIGHT,
};
