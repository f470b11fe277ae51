import { parseDistribution } from './chance.ts';
import type { Actor, PlannedFault, Scenario } from './scenario.ts';
import { nearest, ParamError } from './words.ts';

/**
 * Faults written as text, for `set` and the command line: `name:what:at` joined by `,` with times in ms.
 *   crash:@leader:430,restart:@crashed:800      partition:n1.n2|n3.n4.n5:430,heal::760
 *   pause:n1:200,resume:n1:500                  cut:n1>n2.n3:300         loss:0.2:100    duplicate:0.1:0
 *   reorder:0.3x20:0 (share x up to ms)         delay:exp(40)@n1:300     slow-disk:fixed(30)@n1:0
 *   clock:n1+250:300  clock:n1-250x100:300 (ms, x drift in ppm)          byzantine:n1/equivocate:0
 */
export const FAULT_GRAMMAR =
  'crash:n1:430, restart:@crashed:800, partition:n1.n2|n3.n4.n5:430, heal::760, pause:n1:200, resume:n1:500, cut:n1>n2:300, loss:0.2:100, duplicate:0.1:0, reorder:0.3x20:0, delay:exp(40):300, slow-disk:fixed(30)@n1:0, clock:n1+250:300 or byzantine:n1/silent:0';

const names = [
  'crash',
  'restart',
  'wipe',
  'pause',
  'resume',
  'partition',
  'cut',
  'heal',
  'loss',
  'duplicate',
  'reorder',
  'delay',
  'slow-disk',
  'clock',
  'byzantine',
];

export function parseFaults(text: string, scenario: Scenario, actors: readonly Actor[]): PlannedFault[] {
  if (text.trim() === '' || text.trim() === 'none') return [];
  const parts = text.split(',');
  if (parts.length > 50) throw new ParamError(`faults: at most 50 in a run; got ${parts.length}.`);
  return parts.map((part) => parseFault(part.trim(), scenario, actors));
}

function parseFault(text: string, scenario: Scenario, actors: readonly Actor[]): PlannedFault {
  const bad = (why: string): never => {
    throw new ParamError(`faults: ${why} in \`${text.slice(0, 60)}\`. Write ${FAULT_GRAMMAR}.`);
  };
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first < 0 || first === last) bad('expected name:what:at');
  const name = text.slice(0, first);
  const what = text.slice(first + 1, last);
  const at = Number(text.slice(last + 1));
  if (!(text.slice(last + 1).trim() !== '' && at >= 0 && at <= 1e9))
    bad('the time must be a number of ms from 0');
  const nodes = (list: string) => {
    const ids = list.split('.').filter((id) => id !== '');
    if (ids.length === 0) bad('a node is missing');
    for (const id of ids) checkNode(id, scenario, actors);
    return ids;
  };
  const rate = (word: string) => {
    const value = Number(word);
    if (word.trim() === '' || !(value >= 0 && value <= 1)) bad('a share is a number from 0 to 1');
    return value;
  };
  const delayed = () => {
    const mark = what.indexOf('@');
    const [dist, on] = mark < 0 ? [what, undefined] : [what.slice(0, mark), what.slice(mark + 1)];
    const delay = parseDistribution(dist.replace('(', ':').replace(')', ''), name).text;
    return { delay, nodes: on === undefined ? [] : nodes(on) };
  };
  switch (name) {
    case 'crash':
    case 'pause':
    case 'resume':
    case 'restart':
      return { at, fault: name, nodes: nodes(what) };
    case 'wipe':
      return { at, fault: 'restart', nodes: nodes(what), wipe: true };
    case 'partition': {
      const groups = what.split('|').map(nodes);
      if (groups.length < 2) bad('a partition needs two groups with | between them');
      return { at, fault: 'partition', groups };
    }
    case 'cut': {
      const [from = '', to = ''] = what.split('>');
      return { at, fault: 'cut', from: nodes(from), to: nodes(to) };
    }
    case 'heal':
      return { at, fault: 'heal' };
    case 'loss':
    case 'duplicate':
      return { at, fault: name, rate: rate(what) };
    case 'reorder': {
      const [share = '', by = ''] = what.split('x');
      const byMs = Number(by);
      if (!(byMs > 0 && byMs <= 1e6)) bad('reorder takes share x ms, such as 0.3x20');
      return { at, fault: 'reorder', rate: rate(share), byMs };
    }
    case 'delay':
      return { at, fault: 'delay', ...delayed() };
    case 'slow-disk': {
      const slow = delayed();
      if (slow.nodes.length === 0) bad('slow-disk needs nodes after @, such as slow-disk:fixed(30)@n1:0');
      return { at, fault: 'slow-disk', ...slow };
    }
    case 'clock': {
      const match = /^([^+-]+)([+-]\d+(?:\.\d+)?)(?:x([+-]?\d+))?$/.exec(what);
      if (!match) return bad('clock takes a node and a jump in ms, such as n1+250 or n1-250x100');
      return {
        at,
        fault: 'clock',
        nodes: nodes(match[1]!),
        offsetMs: Number(match[2]),
        driftPpm: Number(match[3] ?? 0),
      };
    }
    case 'byzantine': {
      const [who = '', behaviour = ''] = what.split('/');
      const known = ['silent', ...Object.keys(scenario.behaviours ?? {})];
      if (!known.includes(behaviour)) bad(`a behaviour must be one of ${known.join(', ')}`);
      return { at, fault: 'byzantine', nodes: nodes(who), behaviour };
    }
    default: {
      const hint = nearest(name, names);
      return bad(`unknown fault \`${name.slice(0, 20)}\`${hint ? ` (did you mean ${hint}?)` : ''}`);
    }
  }
}

/** Throws ParamError where a fault names a node that does not exist. */
export function checkNode(id: string, scenario: Scenario, actors: readonly Actor[]): void {
  if (id.startsWith('@')) {
    const targets = ['rest', 'crashed', 'paused', ...Object.keys(scenario.targets ?? {})];
    if (targets.includes(id.slice(1))) return;
    throw new ParamError(
      `No target ${id.slice(0, 20)} in ${scenario.id}; there are ${targets.map((t) => `@${t}`).join(', ')}.`,
    );
  }
  if (actors.some((a) => a.id === id)) return;
  throw new ParamError(
    `No node \`${id.slice(0, 20)}\` in this run; there are ${actors
      .map((a) => a.id)
      .slice(0, 20)
      .join(', ')}.`,
  );
}
