import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

export const presets: Readonly<Record<string, Preset<typeof params>>> = {
  skew: {
    title: 'The later write loses to a fast clock',
    what: 'n1’s clock is 150 ms fast. Each write is acknowledged, but those that n2 or n3 stamp soon after n1’s are thrown away.',
    set: { work: 'register', clock: 'wall', think: 'uniform:70:160', sync: 100, settle: 340, duration: 1150 },
    faults: [{ at: 0, fault: 'clock', nodes: ['n1'], offsetMs: 150 }],
    seed: 5,
  },
  lamport: {
    title: 'Lamport clocks: causes before effects',
    what: 'Follow an arrow: the stamp always grows. Then find two bars with no path of arrows between them: their stamps say nothing.',
    set: {
      work: 'messages',
      clock: 'lamport',
      nodes: 3,
      think: 'uniform:50:130',
      local: 0.25,
      duration: 620,
    },
  },
  vector: {
    title: 'Vector clocks: concurrency seen',
    what: 'One slot a process. Stamps of which neither is smaller in every slot belong to events that knew nothing of each other.',
    set: { work: 'messages', clock: 'vector', nodes: 3, think: 'uniform:70:150', local: 0.2, duration: 620 },
  },
  hybrid: {
    title: 'Hybrid clocks: near the wall clock, never back',
    what: 'n1 is 60 ms fast until its clock is set back. Its stamps stop at l and count c instead of going back with it.',
    set: { work: 'messages', clock: 'hybrid', nodes: 3, think: 'uniform:25:80', local: 0.25, duration: 520 },
    faults: [
      { at: 0, fault: 'clock', nodes: ['n1'], offsetMs: 60 },
      { at: 230, fault: 'clock', nodes: ['n1'], offsetMs: -90 },
    ],
  },
  'ntp-step': {
    title: 'The clock is set back while a lease runs',
    what: 'n1 boots 250 ms fast and takes a lease by its wall clock. NTP steps the clock back, and the lease lasts 250 ms longer for n1 alone.',
    set: { work: 'lease', nodes: 2, think: 'uniform:20:50', latency: 'uniform:2:9', duration: 760 },
    faults: [{ at: 0, fault: 'clock', nodes: ['n1'], offsetMs: 250 }],
  },
  'commit-wait': {
    title: 'Commit wait: the stamp has passed before anybody hears of it',
    what: 'The clocks differ by 9 ms, TrueTime admits to ±7. Every write waits until its stamp is certainly past; compare with wait=off.',
    set: {
      work: 'register',
      clock: 'truetime',
      clients: 2,
      reads: 0.15,
      latency: 'uniform:2:5',
      near: 'uniform:0.5:1.5',
      think: 'uniform:6:22',
      sync: 40,
      duration: 310,
      settle: 115,
    },
    faults: [
      { at: 0, fault: 'clock', nodes: ['n1'], offsetMs: 5 },
      { at: 0, fault: 'clock', nodes: ['n2'], offsetMs: -4 },
    ],
  },
  restart: {
    title: 'A process forgets everything but its stamp',
    what: 'n2 crashes and comes back. Its count was on disk before anybody heard of it, so its stamps go on where they were.',
    set: {
      work: 'messages',
      clock: 'lamport',
      nodes: 3,
      think: 'uniform:40:110',
      local: 0.25,
      duration: 620,
    },
    faults: [
      { at: 240, fault: 'crash', nodes: ['n2'] },
      { at: 330, fault: 'restart', nodes: ['n2'] },
    ],
  },
};
