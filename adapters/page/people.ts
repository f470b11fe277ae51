import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { getSignedCookie, setSignedCookie } from 'hono/cookie';
import type { Person } from '../../src/chat.ts';
import { NAME, PACES, SIGNED_IN } from './limits.ts';
import { isDirect } from './register.ts';

/** Who is there: a name chosen once, in a signed cookie; no password, no table. */
export const BOT = { id: 'quorum', name: 'Quorum', bot: true } as const;

const PERSON = 'quorum_person';
const GATE = 'quorum_gate';

export const person = (id: string, name: string): Person => ({
  platform: 'page',
  space: 'page',
  id,
  name,
  // the page has no ranks: whoever may open it may set up its channels
  manages: true,
});

export const isPersonId = (id: string) => /^[0-9a-f]{16}$/.test(id);

/** A shown name: no invisible or direction-changing characters, not the bot's. Undefined if nothing is left. */
export function cleanName(typed: string): string | undefined {
  const name = typed
    .normalize('NFC')
    // U+200D joins emoji
    .replace(/\p{Cc}|(?!\u200d)\p{Cf}|\p{Zl}|\p{Zp}/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (!/[\p{L}\p{N}\p{S}]/u.test(name) || [...name].length > NAME) return undefined;
  return name.normalize('NFKC').toLowerCase() === BOT.id ? undefined : name;
}

export async function whoIs(c: Context, secret: string): Promise<Person | undefined> {
  const cookie = await getSignedCookie(c, secret, PERSON);
  if (!cookie) return undefined;
  const [id = '', encoded = ''] = cookie.split('.');
  const name = cleanName(Buffer.from(encoded, 'base64url').toString());
  return isPersonId(id) && name ? person(id, name) : undefined;
}

/** Signs in under this name; who was signed in keeps their identity. */
export async function signIn(c: Context, secret: string, name: string): Promise<Person> {
  const id = (await whoIs(c, secret))?.id ?? randomBytes(8).toString('hex');
  await setSignedCookie(c, PERSON, `${id}.${Buffer.from(name).toString('base64url')}`, secret, cookie(c));
  return person(id, name);
}

const cookie = (c: Context) => ({
  path: '/',
  httpOnly: true,
  sameSite: 'Lax' as const,
  secure: c.req.header('x-forwarded-proto') === 'https' || c.req.url.startsWith('https:'),
  maxAge: SIGNED_IN,
});

const digest = (words: string) => createHash('sha256').update(words).digest();

/** A changed token shuts out whoever came in with the old one. */
const pass = (token: string) => digest(`gate\n${token}`).toString('base64url');

export const rightToken = (given: string, token: string) => timingSafeEqual(digest(given), digest(token));

export const admit = (c: Context, secret: string, token: string) =>
  setSignedCookie(c, GATE, pass(token), secret, cookie(c));

export const admitted = async (c: Context, secret: string, token: string) =>
  (await getSignedCookie(c, secret, GATE)) === pass(token);

/** Proof that this person was given this form on this message, without keeping a list of forms. */
export const seal = (secret: string, who: string, message: string, action: string) =>
  createHmac('sha256', secret).update(`form\n${who}\n${message}\n${action}`).digest('base64url');

export const sealHolds = (made: string, given: string) => timingSafeEqual(digest(made), digest(given));

export const sees = (who: string, place: { readonly channel: string; readonly to?: string }) =>
  (place.to === undefined || place.to === who) && (!isDirect(place.channel) || place.channel === `@${who}`);

/** Sliding window: 0 when there is room (and takes it), else milliseconds until there is. */
export function pace(limit: { readonly count: number; readonly per: number }, now: () => number) {
  const taken = new Map<string, number[]>();
  return (key: string): number => {
    const at = now();
    const recent = (taken.get(key) ?? []).filter((t) => t > at - limit.per);
    taken.delete(key);
    taken.set(key, recent);
    if (taken.size > PACES) taken.delete(taken.keys().next().value!);
    if (recent.length >= limit.count) return recent[0]! + limit.per - at;
    recent.push(at);
    return 0;
  };
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i;
export const isLoopback = (host: string) => LOOPBACK.test(host);
