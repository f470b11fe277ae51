import { leases, TABLE, type TableRules } from './kcl-leases.ts';
import { log } from './kcl-stream.ts';
import { WORKER, type WorkerRules, worker } from './kcl-worker.ts';
import { writer } from './kcl-writer.ts';
import { consumer } from './load-consumer.ts';
import { PRODUCERS, producers } from './load-producers.ts';
import { stream } from './load-stream.ts';
import { MAP, type MapRules } from './shards.ts';
import type { StoreRules } from './store.ts';

/**
 * Two models of Amazon Kinesis Data Streams, chosen by `source`; constants.ts has the pages and figures.
 *
 *   load      many records against the limits of shards: one mutable actor a role, messages are calls (load-stream.ts)
 *   workers   few records, read by KCL workers under leases: immutable states, every message drawn (kcl-messages.ts)
 *
 * Both hash keys with the real MD5 and split and merge by the same map (shards.ts).
 */
export const STORE: StoreRules = { ...MAP, countsRecords: true, countsReads: true, ageOfRecord: true };

/** A part under two names has a lane under one of them only: a large run would be a grey sheet of messages. */
export const streamParts = (rules: Partial<StoreRules>) => {
  const part = stream({ ...STORE, ...rules });
  return { stream: part, backstage: part };
};
export const producerParts = (rules: Partial<typeof PRODUCERS>) => {
  const part = producers({ ...PRODUCERS, ...rules });
  return { producers: part, crowd: part };
};
export const logPart = (rules: Partial<MapRules>) => ({ log: log({ ...MAP, ...rules }) });
export const tablePart = (rules: Partial<TableRules>) => ({ leases: leases({ ...TABLE, ...rules }) });
export const workerPart = (rules: Partial<WorkerRules>) => ({ worker: worker({ ...WORKER, ...rules }) });
const shared = consumer('shared');
const enhanced = consumer('enhanced');

export const parts = {
  ...streamParts({}),
  ...producerParts({}),
  consumer: shared,
  reader: shared,
  enhanced,
  'enhanced reader': enhanced,
  ...logPart({}),
  ...tablePart({}),
  ...workerPart({}),
  writer,
};
