import type { Form } from '../chat.ts';
import type { Intervention, Scenario } from '../sim/scenario.ts';
import { action, type Press, Refusal } from './command.ts';

const FAULTS = [
  { value: 'crash', label: 'Crash a node' },
  { value: 'restart', label: 'Restart a crashed node' },
  { value: 'wipe', label: 'Restart it with an empty disk' },
  { value: 'pause', label: 'Pause a node (it does not know)' },
  { value: 'resume', label: 'Resume a paused node' },
  { value: 'partition', label: 'Cut nodes off from the rest' },
  { value: 'heal', label: 'Heal the network' },
  { value: 'lossy', label: 'Lose 20 % of messages' },
] as const;

export function faultForm(press: Press): Form {
  return {
    action: action('simulate', 'fault', ...press.words),
    title: 'Break something here',
    submit: 'Run it',
    fields: [
      { kind: 'one', name: 'fault', label: 'What happens', options: FAULTS, required: true },
      {
        kind: 'line',
        name: 'nodes',
        label: 'To which nodes',
        hint: 'n2, or n1 n2, or @leader; empty for the network as a whole',
        required: false,
        maxLength: 100,
      },
    ],
  };
}

export function readFault(press: Press, atUs: number, scenario: Scenario): Intervention {
  const fault = field(press, 'fault');
  const nodes = field(press, 'nodes')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  const needs = () => {
    if (nodes.length > 0) return nodes;
    const targets = Object.keys(scenario.targets ?? {}).map((t) => `@${t}`);
    throw new Refusal(`Say which node, such as n2${targets.length > 0 ? ` or ${targets.join(', ')}` : ''}.`);
  };
  switch (fault) {
    case 'crash':
    case 'pause':
    case 'resume':
      return { atUs, fault, nodes: needs() };
    case 'restart':
      return { atUs, fault: 'restart', nodes: nodes.length > 0 ? nodes : ['@crashed'] };
    case 'wipe':
      return { atUs, fault: 'restart', nodes: nodes.length > 0 ? nodes : ['@crashed'], wipe: true };
    case 'partition':
      return { atUs, fault: 'partition', groups: [needs(), ['@rest']] };
    case 'heal':
      return { atUs, fault: 'heal' };
    case 'lossy':
      return { atUs, fault: 'loss', rate: 0.2 };
    default:
      throw new Refusal(`Pick what happens: ${FAULTS.map((f) => f.label.toLowerCase()).join(', ')}.`);
  }
}

export const field = (press: Press, name: string): string => {
  const value = press.fields[name];
  return typeof value === 'string' ? value : (value?.[0] ?? '');
};
