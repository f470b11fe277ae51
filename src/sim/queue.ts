/** What waits to happen. One shape for every kind, so that the heap stays monomorphic. */
export interface Pending<N> {
  at: number;
  seq: number;
  kind: 'deliver' | 'timer' | 'disk' | 'fault' | 'drop';
  node: N | undefined;
  /** the node's incarnation when this was queued; another one ignores it */
  epoch: number;
  /** timer or reason */
  name: string;
  data: unknown;
  from: N | undefined;
  /** message id */
  id: number;
  dead: boolean;
}

/** Binary min-heap in (at, seq) order. */
export class Queue<N> {
  #heap: Pending<N>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  peek(): Pending<N> | undefined {
    return this.#heap[0];
  }

  push(item: Pending<N>): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(item);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent]!;
      if (above.at < item.at || (above.at === item.at && above.seq < item.seq)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = item;
  }

  pop(): Pending<N> | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    const size = heap.length;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      let least = heap[child]!;
      const right = child + 1;
      if (right < size) {
        const other = heap[right]!;
        if (other.at < least.at || (other.at === least.at && other.seq < least.seq)) {
          least = other;
          child = right;
        }
      }
      if (last.at < least.at || (last.at === least.at && last.seq < least.seq)) break;
      heap[i] = least;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}
