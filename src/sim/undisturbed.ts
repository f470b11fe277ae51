import type { World } from './scenario.ts';
import type { TraceEvent } from './trace.ts';

/**
 * Since when nothing has been in the way: what must happen eventually can only be asked for once faults have ended.
 * Loss, duplication, reordering, changed delays and slow disks never count as calm again, unless set back to none.
 */
export class Undisturbed {
  #since = 0;
  #cut = false;
  readonly #paused = new Set<string>();
  readonly #rates = new Set<string>();
  #lasting: boolean;

  /** `disturbed`: the parameters themselves leave no calm, such as a share of messages lost throughout */
  constructor(disturbed = false) {
    this.#lasting = disturbed;
  }

  hear(event: TraceEvent): void {
    if (event.kind !== 'fault') return;
    this.#since = event.at;
    switch (event.fault) {
      case 'partition':
      case 'cut':
        this.#cut = true;
        break;
      case 'heal':
        this.#cut = false;
        break;
      case 'pause':
        for (const id of event.nodes) this.#paused.add(id);
        break;
      case 'resume':
      case 'crash':
        for (const id of event.nodes) this.#paused.delete(id);
        break;
      case 'loss':
      case 'duplicate':
      case 'reorder':
        if (event.rate > 0) this.#rates.add(event.fault);
        else this.#rates.delete(event.fault);
        break;
      case 'delay':
      case 'slow-disk':
      case 'byzantine':
        this.#lasting = true;
        break;
    }
  }

  /** µs since when every actor is up and connected, or undefined */
  since(world: World): number | undefined {
    const disturbed = this.#cut || this.#lasting || this.#paused.size > 0 || this.#rates.size > 0;
    return disturbed || world.actors.some((a) => !world.up(a.id)) ? undefined : this.#since;
  }
}
