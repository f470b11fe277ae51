// Cuts Discord's public OpenAPI description down to what the local server checks:
//   node tests/support/discord/trim-openapi.mjs path/to/specs/openapi.json > tests/support/discord/openapi.json
import { readFileSync } from 'node:fs';

const spec = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const MESSAGE = 'MessageResponse';
const OPERATIONS = [
  ['put', '/applications/{application_id}/commands'],
  ['put', '/applications/{application_id}/guilds/{guild_id}/commands'],
  ['post', '/channels/{channel_id}/messages'],
  ['patch', '/channels/{channel_id}/messages/{message_id}'],
  ['post', '/channels/{channel_id}/messages/{message_id}/threads'],
  ['post', '/interactions/{interaction_id}/{interaction_token}/callback'],
  ['post', '/users/@me/channels'],
  ['post', '/webhooks/{webhook_id}/{webhook_token}'],
  ['patch', '/webhooks/{webhook_id}/{webhook_token}/messages/@original'],
  ['patch', '/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}'],
];

const requests = Object.fromEntries(
  OPERATIONS.map(([method, path]) => {
    const { content } = spec.paths[path][method].requestBody;
    return [`${method.toUpperCase()} ${path}`, content['application/json'].schema];
  }),
);
const kept = {};
const keep = (node) => {
  if (node === null || typeof node !== 'object') return;
  const name = node.$ref?.split('/').at(-1);
  if (name && !kept[name]) {
    kept[name] = spec.components.schemas[name];
    keep(kept[name]);
  }
  for (const child of Object.values(node)) keep(child);
};
keep(requests);
keep({ $ref: `#/components/schemas/${MESSAGE}` });

const sorted = Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1)));
process.stdout.write(
  `${JSON.stringify({
    $comment:
      'A subset of specs/openapi.json of github.com/discord/discord-api-spec, MIT License, Copyright 2023 Discord; see openapi.LICENSE.txt. Written by trim-openapi.mjs.',
    requests,
    components: { schemas: sorted },
  })}\n`,
);
