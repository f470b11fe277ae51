import type { Generated } from '../sim/generated.ts';
import type { Recipe } from '../sim/scenario.ts';
import type { Summary } from '../sim/summary.ts';
import type {
  ForecastView,
  Picture,
  ProgressView,
  RankingView,
  SpreadView,
  Theme,
  TimelineOptions,
} from './index.ts';

/** What the main thread and the drawing thread say to each other. */
export type Task =
  | { readonly kind: 'timeline'; readonly recipe: Recipe; readonly options: TimelineOptions }
  | {
      readonly kind: 'animation';
      readonly recipe: Recipe;
      readonly options: Pick<TimelineOptions, 'theme'>;
    }
  | { readonly kind: 'summary'; readonly recipe: Recipe; readonly options: TimelineOptions }
  | { readonly kind: 'ranking'; readonly view: RankingView; readonly theme: Theme }
  | { readonly kind: 'spread'; readonly view: SpreadView; readonly theme: Theme }
  | { readonly kind: 'progress'; readonly view: ProgressView; readonly theme: Theme }
  | { readonly kind: 'forecast'; readonly view: ForecastView; readonly theme: Theme }
  | {
      readonly kind: 'generated';
      readonly scenario: string;
      readonly generator: string;
      readonly seed: number;
    }
  /** draws a word and compares: throws where the fonts do not work */
  | { readonly kind: 'check' };

/** Errors lose their class between threads; the person's own mistakes must stay told apart from ours. */
export type Result =
  | {
      readonly ok: true;
      readonly picture?: Picture;
      readonly summary?: Summary;
      readonly generated?: Generated;
    }
  | { readonly ok: false; readonly mistake: string };
