import type { Twin } from '../../src/sim/scenario.ts';
import type { Stored } from './domain.ts';
import { upcast } from './domain.ts';
import { HANDLER_RULES, handler } from './handler.ts';
import type { params } from './params.ts';
import { PROJECTION_RULES, projection } from './projection.ts';
import { STORE_RULES, store } from './store.ts';

/** A reader that knows today's schema alone; what it does not know, it skips. */
const forgetful = (event: Stored) => (event.schema === 2 ? upcast(event) : undefined);

const MAILER = { ...PROJECTION_RULES, mails: true };

/** One rule removed in each. */
export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'no-expected-version': {
    what: 'an append is taken at whatever version the stream is',
    breaks: 'no account below zero',
    parts: { store: store({ ...STORE_RULES, mismatch: 'append' }) },
    preset: 'concurrency-conflict',
  },
  overwrites: {
    what: 'a put without a condition on the version: the later writer replaces the earlier event',
    breaks: 'append-only, without gaps',
    parts: { store: store({ ...STORE_RULES, mismatch: 'overwrite' }) },
    preset: 'concurrency-conflict',
  },
  insists: {
    what: 'a refused handler appends its old decision at the new version, without deciding again',
    breaks: 'no account below zero',
    parts: { handler: handler({ ...HANDLER_RULES, conflict: 'insist' }) },
    preset: 'concurrency-conflict',
  },
  'answers-early': {
    what: 'the client is answered when the handler has decided, before the store has the event',
    breaks: 'the answer is true',
    parts: { handler: handler({ ...HANDLER_RULES, answers: 'decided' }) },
    preset: 'concurrency-conflict',
  },
  'acknowledges-before-disk': {
    what: 'the store answers first and writes afterwards',
    breaks: 'append-only, without gaps',
    parts: { store: store({ ...STORE_RULES, diskFirst: false }) },
    preset: 'store-crash',
  },
  'forgets-commands': {
    what: 'a handler does not look for the command among the events',
    breaks: 'a command takes effect once',
    parts: { handler: handler({ ...HANDLER_RULES, knowsCommands: false }) },
    preset: 'store-crash',
  },
  'double-applies': {
    what: 'a projection applies what it is given, without a look at (stream, version)',
    breaks: 'a projection is the fold of its events',
    parts: { projection: projection({ ...PROJECTION_RULES, idempotent: false }) },
    preset: 'projection-crash',
  },
  'checkpoint-first': {
    what: 'the checkpoint is saved when an event arrives, before it is applied',
    breaks: 'nothing before the checkpoint is missing',
    parts: { projection: projection({ ...PROJECTION_RULES, checkpoint: 'before' }) },
    preset: 'projection-crash',
  },
  'asks-once': {
    what: 'a projection subscribes once and trusts that every delivery arrives',
    breaks: 'projections catch up',
    parts: { projection: projection({ ...PROJECTION_RULES, asksAgain: false }) },
    preset: 'append-and-project',
    set: { loss: 0.15 },
  },
  'snapshot-off-by-one': {
    what: 'a snapshot is labelled with the version before the one it stands for',
    breaks: 'snapshot and tail equal all events',
    parts: { handler: handler({ ...HANDLER_RULES, label: -1 }) },
    preset: 'snapshot',
  },
  'snapshot-without-tail': {
    what: 'a snapshot is taken for the present: the events after it are not folded',
    breaks: 'snapshot and tail equal all events',
    parts: { handler: handler({ ...HANDLER_RULES, readsTail: false }) },
    preset: 'snapshot',
  },
  'replay-mails-again': {
    what: 'the mailer mails for replayed events too, and the provider has forgotten their keys',
    breaks: 'a replay mails nothing',
    parts: { mailer: projection({ ...MAILER, quietReplay: false }) },
    preset: 'replay',
    set: { remember: 60 },
  },
  'new-key-each-try': {
    what: 'each try of a mail has a key of its own, so the provider cannot tell a repeat',
    breaks: 'nobody is mailed twice',
    parts: { mailer: projection({ ...MAILER, keys: 'fresh' }) },
    preset: 'replay',
    set: { loss: 0.2 },
  },
  'reads-the-clock': {
    what: 'a projection stamps rows with its own clock instead of the event’s time',
    breaks: 'a replay gives the same view',
    parts: { projection: projection({ ...PROJECTION_RULES, clock: 'own' }) },
    preset: 'replay',
  },
  'drops-v1': {
    what: 'events in last year’s schema are skipped',
    breaks: 'every schema is understood',
    parts: {
      handler: handler({ ...HANDLER_RULES, upcast: forgetful }),
      projection: projection({ ...PROJECTION_RULES, upcast: forgetful }),
    },
    preset: 'upcast',
  },
  'ignores-version': {
    what: 'the read model answers at once, whatever version the client asked for',
    breaks: 'clients see their own writes',
    parts: { projection: projection({ ...PROJECTION_RULES, heedsVersion: false }) },
    preset: 'projection-lag',
    set: { wait: true },
  },
};

export const mailer = projection(MAILER);
