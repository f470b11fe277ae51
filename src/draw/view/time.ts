/** `431 ms`, `12.5 s`, `3 min`: a moment of virtual time for a reader, from µs. */
export function duration(us: number): string {
  if (us === 0) return '0 ms';
  if (us < 1000) return `${us} µs`;
  if (us < 10_000) return `${figure(us / 1000, 2)} ms`;
  if (us < 10_000_000) return `${Math.round(us / 1000)} ms`;
  if (us < 600_000_000) return `${figure(us / 1_000_000, 1)} s`;
  if (us < 36_000_000_000) return `${figure(us / 60_000_000, 1)} min`;
  return `${figure(us / 3_600_000_000, 1)} h`;
}

/** At most that many decimals, none that say nothing. */
export const figure = (value: number, decimals: number): string => String(Number(value.toFixed(decimals)));

const UNITS = [
  { us: 3_600_000_000, name: 'h', steps: [1, 2, 4, 6, 12, 24] },
  { us: 60_000_000, name: 'min', steps: [1, 2, 5, 10, 15, 30, 60] },
  { us: 1_000_000, name: 's', steps: [1, 2, 5, 10, 15, 30, 60, 120, 300] },
  { us: 1000, name: 'ms', steps: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] },
] as const;

/** Round moments in [from, to] for an axis with room for about `most` labels; the step between them in µs. */
export function ticks(
  from: number,
  to: number,
  most: number,
): { readonly step: number; readonly at: readonly number[]; label(us: number): string } {
  const length = to - from;
  const unit =
    UNITS.find((u) => length >= 6 * u.us && u.steps.some((s) => length / (s * u.us) <= most)) ??
    UNITS.at(-1)!;
  const wanted = unit.steps.find((s) => length / (s * unit.us) <= most);
  const step = wanted === undefined ? length / most : wanted * unit.us;
  const at: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + 1e-9; i++) at.push(Math.round(i * step));
  return { step, at, label: (us) => `${figure(us / unit.us, 2)} ${unit.name}` };
}
