import { parseArgs } from 'node:util';
import type { Row } from './row.ts';

/** `npm run bench [-- part]`: prints a table and JSON. Figures are ratios within one run where machines differ. */
const parts: Record<string, () => Promise<Row[]>> = {
  daily: async () => (await import('./daily.ts')).benchDaily(),
  draw: async () => (await import('./draw.ts')).benchDraw(),
  sim: async () => (await import('./sim.ts')).benchSim(),
  theory: async () => (await import('./theory.ts')).benchTheory(),
  store: async () => (await import('./store.ts')).benchStore(),
  start: async () => (await import('./start.ts')).benchStart(),
};

const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const unknown = positionals.find((p) => !Object.hasOwn(parts, p));
if (unknown !== undefined) {
  process.stderr.write(`no part \`${unknown}\`; there are ${Object.keys(parts).join(', ')}\n`);
  process.exit(2);
}
const rows: Row[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
  process.stderr.write(`${name} …\n`);
  rows.push(...(await parts[name]!()).map((row) => ({ ...row, name: `${name}: ${row.name}` })));
}
if (!values.json)
  console.table(
    Object.fromEntries(
      rows.map((r) => [
        r.name,
        {
          value: Number(r.value.toPrecision(4)),
          unit: r.unit,
          target: r.target ?? '',
          ok: r.ok === undefined ? '' : r.ok ? '✓' : '✗',
        },
      ]),
    ),
  );
console.log(JSON.stringify(rows));
process.exit(rows.some((r) => r.ok === false) ? 1 : 0);
