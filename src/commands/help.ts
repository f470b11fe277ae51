import { z } from 'zod';
import { aside, heading, type Reply, text } from '../chat.ts';
import { nearest } from '../sim/words.ts';
import { type Command, command, Refusal } from './command.ts';
import { optionsOf, usage } from './grammar.ts';

/** Written from the definitions themselves. */
export default command({
  name: 'help',
  summary: 'What I can do, and how to ask.',
  private: true,
  input: z.object({
    command: z.string().optional().describe('One command in detail').meta({ completes: true }),
  }),
  examples: ['/help simulate'],
  run({ command: name }, { commands, sims }): Reply {
    const shown =
      name === undefined ? undefined : commands.find((c) => c.name === name.replace(/^\//, '').toLowerCase());
    if (name !== undefined && shown === undefined) {
      const hint = nearest(
        name,
        commands.map((c) => c.name),
      );
      throw new Refusal(
        `I know no command \`${name.slice(0, 40)}\`${hint ? `; did you mean \`${hint}\`?` : '.'} There are ${commands.map((c) => c.name).join(', ')}.`,
      );
    }
    if (shown) return { blocks: [heading(`/${shown.name}`), text(detail(shown))] };
    return {
      blocks: [
        heading('Quorum'),
        text(
          'I run real protocols and ask real interview questions. Everything below also works by buttons.',
        ),
        text(commands.map((c) => `\`/${c.name}\` ${c.summary}`).join('\n')),
        text(`Simulations: ${sims.ids.map((id) => `\`${id}\``).join(', ')}.`),
        aside(
          '`/help simulate` explains one command. In Slack, every command starts with `/quorum`, or mention me in a thread.',
        ),
      ],
    };
  },
  complete: () => [],
});

/** A paragraph for the command and each of its verbs: usage, what it does, its options. */
function detail(command: Command): string {
  const describe = (name: string, input: Command['input'], summary: string): string => {
    const options = (input ? optionsOf(input) : []).map((o) => {
      const range = o.choices
        ? ` (${o.choices.join(', ')})`
        : o.min !== undefined && o.max !== undefined
          ? ` (${o.min} to ${o.max})`
          : '';
      return `- \`${o.name}\`: ${o.summary}${range}`;
    });
    return [`\`${usage(name, input)}\``, summary, ...options].join('\n');
  };
  const verbs = Object.entries(command.verbs ?? {});
  const parts =
    verbs.length === 0
      ? [describe(command.name, command.input, command.summary)]
      : [
          command.summary,
          ...verbs.map(([name, verb]) => describe(`${command.name} ${name}`, verb.input, verb.summary)),
        ];
  if (command.examples) parts.push(`For example \`${command.examples.join('`, `')}\`.`);
  return parts.join('\n\n');
}
