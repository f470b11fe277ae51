/** One measured figure. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** what it should be, in words; `ok` says whether it is */
  readonly target?: string;
  readonly ok?: boolean;
}
