import type { P } from './params.ts';

/**
 * An independent account of what shards took and gave. It is told of each record accepted and each call answered,
 * counts by calendar second in books of its own, and notes the first breach of each rule: properties are read from here.
 */
export class Audit {
  readonly breaches = new Map<string, string>();
  readonly #p: P;
  readonly #books = new Map<string, { second: number; records: number; bytes: number; reads: number }>();

  constructor(p: P) {
    this.#p = p;
  }

  took(now: number, shard: string, bytes: number): void {
    const book = this.#book(now, shard);
    book.records++;
    book.bytes += bytes;
    const { recordsPerSecond, bytesPerSecond } = this.#p;
    if (book.records > recordsPerSecond)
      this.#breach(
        'within the write limit',
        now,
        `${shard} took ${book.records} records, ${recordsPerSecond} allowed`,
      );
    if (book.bytes > bytesPerSecond)
      this.#breach('within the write limit', now, `${shard} took ${book.bytes} B, ${bytesPerSecond} allowed`);
  }

  gave(now: number, shard: string): void {
    const book = this.#book(now, shard);
    book.reads++;
    const { readsPerSecond } = this.#p;
    if (book.reads > readsPerSecond)
      this.#breach(
        'within the read limit',
        now,
        `${shard} answered ${book.reads} GetRecords calls, ${readsPerSecond} allowed`,
      );
  }

  #book(now: number, shard: string) {
    const second = Math.floor(now / 1e6);
    const book = this.#books.get(shard);
    if (book?.second === second) return book;
    const fresh = { second, records: 0, bytes: 0, reads: 0 };
    this.#books.set(shard, fresh);
    return fresh;
  }

  #breach(rule: string, now: number, what: string): void {
    if (!this.breaches.has(rule)) this.breaches.set(rule, `${what} in second ${Math.floor(now / 1e6)}`);
  }
}
