import type { Here } from '../../src/sim/protocol.ts';
import { Allowance } from './allowance.ts';
import { Audit } from './audit.ts';
import { type Dice, dice } from './dice.ts';
import { Figures, type Refusal } from './figures.ts';
import type { P } from './params.ts';
import { MOST_PARTITIONS, Partitions, type Split } from './partitions.ts';
import { type IndexRules, SecondaryIndex } from './secondary.ts';
import { readUnits, writeUnits } from './units.ts';
import { type Request, Waiting } from './waiting.ts';

/** Each true in DynamoDB; a twin removes one. */
export interface TableRules extends IndexRules {
  /** unused capacity is saved up to its limit and no further */
  readonly capsBurst: boolean;
  /** no partition serves more than its ceiling */
  readonly keepsCeiling: boolean;
  /** adaptive capacity gives a busy partition what others leave */
  readonly shares: boolean;
  readonly roundsUp: boolean;
  /** a refused request is not charged */
  readonly chargesServedOnly: boolean;
  /** a refused write changes nothing */
  readonly appliesServedOnly: boolean;
  readonly keepsQuota: boolean;
  /** a refused request gets an answer */
  readonly answersRefused: boolean;
}

const READ = 0;
const WRITE = 1;
const SECOND = 1e6;

/** Partitions of a table at its start. */
export const layout = (p: P): number =>
  p.mode === 'provisioned'
    ? p.partitions
    : Math.min(
        MOST_PARTITIONS,
        Math.max(Math.ceil(p.warmWrites / p.partitionWrites), Math.ceil(p.warmReads / p.partitionReads)),
      );

/** One table under load: admission by the second, partition by partition. */
export class Table {
  readonly audit: Audit;
  readonly figures: Figures;
  readonly partitions: Partitions;
  readonly index: SecondaryIndex | undefined;
  readonly items: number;
  now: number;
  /** of the slice, units: asked, served and refused, reads and writes */
  readonly asked = [0, 0];
  readonly servedUnits = [0, 0];
  readonly refusedUnits = [0, 0];
  readonly refusedHot = [0, 0];
  readonly servedBy = [new Float64Array(MOST_PARTITIONS), new Float64Array(MOST_PARTITIONS)] as const;
  readonly refusedBy = new Float64Array(MOST_PARTITIONS);
  readonly why: Record<Refusal, number> = {
    partition: 0,
    capacity: 0,
    quota: 0,
    index: 0,
    indexPartition: 0,
  };
  indexApplied = 0;
  /** the same by partition of the index, and the units of writes refused for it */
  readonly appliedBy = new Float64Array(MOST_PARTITIONS);
  readonly refusedFor = new Float64Array(MOST_PARTITIONS);
  /** most units that waited for the index */
  indexPeak = 0;
  splits: Split[] = [];
  readonly #p: P;
  readonly #rules: TableRules;
  readonly #dice: Dice;
  readonly #waiting = new Waiting();
  readonly #request: Request = { item: 0, indexPartition: 0, isWrite: false, sizeKb: 0, tries: 0, came: 0 };
  readonly #round: (n: number) => number;
  readonly #onDemand: boolean;
  readonly #adaptive: boolean;
  /** of the table */
  readonly #table: readonly [Allowance, Allowance];
  /** of each partition, without adaptive capacity */
  #own: (readonly [Allowance, Allowance])[] = [];
  /** units of this second, by partition and of the table */
  readonly #used = [new Float64Array(MOST_PARTITIONS), new Float64Array(MOST_PARTITIONS)] as const;
  readonly #usedAll = [0, 0];
  readonly #full = new Uint8Array(MOST_PARTITIONS);
  /** what was served since the layout was last looked at, for twice the peak */
  readonly #sincePeak = [0, 0];
  #peakFrom: number;
  #next: number;
  #tick: number;
  #charged = 0;
  #applied = 0;
  #versions: Uint32Array;

  constructor(here: Here<P>, rules: TableRules) {
    const p = here.params;
    this.#p = p;
    this.#rules = rules;
    this.now = here.uptime;
    this.#dice = dice(here);
    this.items = p.keys * p.suffixes;
    this.audit = new Audit(p, this.now);
    this.figures = new Figures(p);
    this.partitions = new Partitions(layout(p), this.items, this.#dice.place);
    this.#versions = new Uint32Array(this.items);
    this.index = p.indexes > 0 ? new SecondaryIndex(p, rules, this.#dice.indexPlace) : undefined;
    this.#round = rules.roundsUp ? Math.ceil : Math.floor;
    this.#onDemand = p.mode === 'on-demand';
    this.#adaptive = p.adaptive && rules.shares;
    this.#table = this.#allowances(1);
    if (!this.#adaptive && !this.#onDemand) this.#divide();
    this.#next = this.now + (this.#dice.gap() ?? Number.POSITIVE_INFINITY);
    this.#tick = (Math.floor(this.now / SECOND) + 1) * SECOND;
    this.#peakFrom = this.now;
  }

  #allowances(parts: number): readonly [Allowance, Allowance] {
    const { readCapacity, writeCapacity, burstSeconds, burstAtStart } = this.#p;
    const { capsBurst } = this.#rules;
    return [
      new Allowance(readCapacity / parts, burstSeconds, burstAtStart, capsBurst),
      new Allowance(writeCapacity / parts, burstSeconds, burstAtStart, capsBurst),
    ];
  }

  /** Without adaptive capacity each partition has an equal part, and a split makes all parts smaller. */
  #divide(): void {
    const n = this.partitions.count;
    while (this.#own.length < n) this.#own.push(this.#allowances(n));
    for (const [reads, writes] of this.#own) {
      reads.rate = this.#p.readCapacity / n;
      writes.rate = this.#p.writeCapacity / n;
    }
  }

  /** Everything due before `until`, in time order; a second begins before the requests of its instant. */
  advance(until: number): void {
    this.#clear();
    for (;;) {
      const retry = this.#waiting.next;
      const request = Math.min(this.#next, retry);
      if (Math.min(request, this.#tick) >= until) break;
      if (this.#tick <= request) {
        this.now = this.#tick;
        this.#tick += SECOND;
        this.#second();
      } else if (retry <= this.#next) {
        this.now = retry;
        this.#waiting.take(this.#request);
        this.#try(this.#request);
      } else {
        this.now = this.#next;
        this.#next += this.#dice.gap() ?? Number.POSITIVE_INFINITY;
        this.#draw(this.#request);
        this.#try(this.#request);
      }
    }
    this.now = until;
    this.audit.balance(until, this.#charged, this.#applied);
  }

  #clear(): void {
    for (const kind of [READ, WRITE] as const) {
      this.asked[kind] = 0;
      this.servedUnits[kind] = 0;
      this.refusedUnits[kind] = 0;
      this.refusedHot[kind] = 0;
      this.servedBy[kind].fill(0);
    }
    this.refusedBy.fill(0);
    for (const reason of Object.keys(this.why) as Refusal[]) this.why[reason] = 0;
    this.indexApplied = 0;
    this.appliedBy.fill(0);
    this.refusedFor.fill(0);
    this.indexPeak = this.index?.backlog ?? 0;
    this.splits = [];
  }

  #draw(r: Request): void {
    const d = this.#dice;
    r.item = d.key() * this.#p.suffixes + d.suffix();
    r.isWrite = d.isWrite();
    r.sizeKb = d.sizeKb();
    r.tries = 1;
    r.came = this.now;
    if (this.index) r.indexPartition = this.index.partitionOf[d.indexKey()]!;
  }

  #try(r: Request): void {
    const p = this.#p;
    const { now } = this;
    const { item, isWrite, sizeKb, tries } = r;
    const { audit, figures, partitions } = this;
    const rules = this.#rules;
    const kind = isWrite ? WRITE : READ;
    const units = isWrite
      ? writeUnits(sizeKb, p.writes, this.#round)
      : readUnits(sizeKb, p.reads, this.#round);
    const partition = partitions.owner[item]!;
    const hot = item < p.suffixes;
    audit.arrive();
    this.asked[kind]! += units;
    partitions.heat[item]! += units;
    if (tries === 1) figures.come(now, partition, units, hot);

    const own = this.#own[partition];
    const limit = own ? own[kind]! : this.#table[kind]!;
    const why = this.#refusal(partition, kind, units, limit, r.indexPartition);
    if (why === undefined) {
      if (!this.#onDemand) limit.take(units);
      this.#used[kind][partition]! += units;
      this.#usedAll[kind]! += units;
      this.#sincePeak[kind]! += units;
      this.#charged += units;
      audit.serve(now, partition, isWrite, sizeKb, units);
      figures.serve(now, r.came, units);
      this.servedUnits[kind]! += units;
      this.servedBy[kind][partition]! += units;
      if (isWrite) {
        this.#apply(item);
        if (this.index) {
          const applied = this.index.update(r.indexPartition, units);
          audit.indexTakes(now, r.indexPartition, units, applied);
          this.#indexDid(r.indexPartition, applied);
        }
      }
      return;
    }
    if (rules.answersRefused) audit.refuse(now, partition, isWrite, sizeKb, r.indexPartition);
    if (!rules.chargesServedOnly && !this.#onDemand && limit.has(units)) {
      limit.take(units);
      this.#charged += units;
    }
    if (!rules.appliesServedOnly && isWrite) this.#apply(item);
    const last = p.retries === 'none' || tries >= p.attempts;
    figures.refuse(now, why, hot, last);
    this.refusedUnits[kind]! += units;
    if (hot) this.refusedHot[kind]! += units;
    this.refusedBy[partition]! += units;
    this.why[why] += units;
    if (why === 'index' || why === 'indexPartition') this.refusedFor[r.indexPartition]! += units;
    if (!last) {
      // Full jitter: anywhere between nothing and the backoff.
      const backoff = Math.min(p.backoffCap, p.throttleBase * 2 ** (tries - 1)) * 1000;
      const wait = Math.max(1, Math.round(backoff * this.#dice.jitter()));
      this.#waiting.put(now + wait, r);
    }
  }

  #refusal(
    partition: number,
    kind: 0 | 1,
    units: number,
    limit: Allowance,
    indexPartition: number,
  ): Refusal | undefined {
    const p = this.#p;
    const rules = this.#rules;
    const ceiling = kind === WRITE ? p.partitionWrites : p.partitionReads;
    if (this.#used[kind][partition]! + units > ceiling) {
      this.#full[partition] = 1;
      if (rules.keepsCeiling) return 'partition';
    }
    if (this.#onDemand) {
      if (rules.keepsQuota && this.#usedAll[kind]! + units > p.tableQuota) return 'quota';
    } else if (!limit.has(units)) return 'capacity';
    return kind === WRITE ? this.index?.refuses(indexPartition, units) : undefined;
  }

  #apply(item: number): void {
    this.#versions[item]!++;
    this.#applied++;
  }

  #indexDid(partition: number, units: number): void {
    this.indexApplied += units;
    this.appliedBy[partition]! += units;
    const waits = this.index?.backlog ?? 0;
    if (waits > this.indexPeak) this.indexPeak = waits;
    if (waits > this.figures.indexMost) this.figures.indexMost = waits;
  }

  #second(): void {
    const p = this.#p;
    this.#table[READ].tick();
    this.#table[WRITE].tick();
    for (const [reads, writes] of this.#own) {
      reads.tick();
      writes.tick();
    }
    this.index?.tick((partition, units) => {
      this.audit.indexApplies(this.now, partition, units);
      this.#indexDid(partition, units);
    });
    this.#used[READ].fill(0);
    this.#used[WRITE].fill(0);
    this.#usedAll.fill(0);
    if (p.splitAfter > 0) {
      for (let i = this.partitions.count - 1; i >= 0; i--)
        if (this.partitions.hotFor(i, this.#full[i] === 1) >= p.splitAfter) this.#split(i);
      if (this.#onDemand && this.now - this.#peakFrom >= p.splitAfter * SECOND) this.#growToPeak();
    }
    this.#full.fill(0);
  }

  #split(partition: number): boolean {
    const split = this.partitions.split(partition);
    if (!split) return false;
    this.splits.push(split);
    if (this.#own.length > 0) this.#divide();
    return true;
  }

  /** Twice the peak just sustained must fit: what an on-demand table serves at once the next time. */
  #growToPeak(): void {
    const p = this.#p;
    const seconds = (this.now - this.#peakFrom) / SECOND;
    const needed = Math.min(
      MOST_PARTITIONS,
      Math.max(
        Math.ceil(
          Math.min(p.tableQuota, (p.peakFactor * this.#sincePeak[WRITE]!) / seconds) / p.partitionWrites,
        ),
        Math.ceil(
          Math.min(p.tableQuota, (p.peakFactor * this.#sincePeak[READ]!) / seconds) / p.partitionReads,
        ),
      ),
    );
    this.#sincePeak.fill(0);
    this.#peakFrom = this.now;
    while (this.partitions.count < needed) if (!this.#split(this.#busiest())) break;
  }

  #busiest(): number {
    const load = new Float64Array(this.partitions.count);
    for (let i = 0; i < this.items; i++) load[this.partitions.owner[i]!]! += this.partitions.heat[i]!;
    return load.indexOf(load.reduce((a, b) => Math.max(a, b), 0));
  }

  /** units a second the table can serve if asked evenly: its capacity, or the sum of its partitions */
  limit(isWrite: boolean): number {
    const p = this.#p;
    const all = this.partitions.count * (isWrite ? p.partitionWrites : p.partitionReads);
    if (this.#onDemand) return Math.min(p.tableQuota, all);
    return Math.min(all, isWrite ? p.writeCapacity : p.readCapacity);
  }

  /** saved units as seconds of capacity, the smaller of reads and writes that are used */
  saved(isWrite: boolean): number {
    const kind = isWrite ? WRITE : READ;
    const all = this.#own.length > 0 ? this.#own.map((own) => own[kind]!) : [this.#table[kind]!];
    const rate = all.reduce((sum, a) => sum + a.rate, 0);
    return all.reduce((sum, a) => sum + a.saved, 0) / rate;
  }
}
