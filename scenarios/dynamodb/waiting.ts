import { Ends } from '../../src/sim/load.ts';

/** One request as it is tried; a single object serves them all. */
export interface Request {
  item: number;
  /** partition of the index its update goes to */
  indexPartition: number;
  isWrite: boolean;
  sizeKb: number;
  /** number of this try, from 1 */
  tries: number;
  /** µs of the first */
  came: number;
}

/** Requests that wait for another try, in flat arrays. */
export class Waiting {
  readonly #due = new Ends();
  #item = new Int32Array(256);
  #indexPartition = new Uint8Array(256);
  #isWrite = new Uint8Array(256);
  #sizeKb = new Float64Array(256);
  #tries = new Uint8Array(256);
  #came = new Float64Array(256);
  readonly #free: number[] = [];
  #used = 0;

  /** µs of the next try, Infinity if nothing waits */
  get next(): number {
    return this.#due.next;
  }

  put(at: number, r: Request): void {
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= this.#item.length) this.#grow();
    this.#item[slot] = r.item;
    this.#indexPartition[slot] = r.indexPartition;
    this.#isWrite[slot] = r.isWrite ? 1 : 0;
    this.#sizeKb[slot] = r.sizeKb;
    this.#tries[slot] = r.tries;
    this.#came[slot] = r.came;
    this.#due.push(at, slot);
  }

  /** The next, as its next try. */
  take(into: Request): void {
    const slot = this.#due.top;
    this.#due.pop();
    this.#free.push(slot);
    into.item = this.#item[slot]!;
    into.indexPartition = this.#indexPartition[slot]!;
    into.isWrite = this.#isWrite[slot] === 1;
    into.sizeKb = this.#sizeKb[slot]!;
    into.tries = this.#tries[slot]! + 1;
    into.came = this.#came[slot]!;
  }

  #grow(): void {
    const wider = <A extends Int32Array | Uint8Array | Float64Array>(old: A, next: A): A => {
      next.set(old);
      return next;
    };
    const size = this.#item.length * 2;
    this.#item = wider(this.#item, new Int32Array(size));
    this.#indexPartition = wider(this.#indexPartition, new Uint8Array(size));
    this.#isWrite = wider(this.#isWrite, new Uint8Array(size));
    this.#sizeKb = wider(this.#sizeKb, new Float64Array(size));
    this.#tries = wider(this.#tries, new Uint8Array(size));
    this.#came = wider(this.#came, new Float64Array(size));
  }
}
