import { setTimeout as pause } from 'node:timers/promises';
import type { Incoming, Log, Person } from '../../src/chat.ts';
import type { WebClient } from './calls.ts';

/** Milliseconds what Slack said of a person or channel is believed. */
const FRESH = 60 * 60_000;
/** Milliseconds an answer waits for it; without it, what the delivery itself says is used. */
const PATIENCE = 2000;
const MOST = 5000;

interface Profile {
  readonly name?: string;
  readonly admin: boolean;
  readonly locale?: string;
  readonly timezone?: string;
}

export interface People {
  /** the same, with the person's name, language, time zone and standing, and the conversation App Home belongs to */
  whole(incoming: Incoming): Promise<Incoming>;
}

/** What a delivery does not say of a person. Asked for after it was acknowledged, so that nothing waits for it. */
export function people(client: WebClient, log: Log, now: () => number): People {
  const profiles = kept(now, async (user): Promise<Profile> => {
    const { user: found } = await client.users.info({ user, include_locale: true });
    const name = found?.profile?.display_name || found?.profile?.real_name || found?.real_name || found?.name;
    return {
      ...(name && { name }),
      ...(found?.locale && { locale: found.locale }),
      ...(found?.tz && { timezone: found.tz }),
      admin: found?.is_admin === true || found?.is_owner === true,
    };
  });
  const creators = kept(
    now,
    async (channel) => (await client.conversations.info({ channel })).channel?.creator ?? '',
  );
  const conversations = kept(
    now,
    async (user) => (await client.conversations.open({ users: user })).channel?.id ?? user,
  );

  const soon = async <T>(what: Promise<T>, otherwise: T, of: string): Promise<T> => {
    const timer = new AbortController();
    try {
      return await Promise.race([what, pause(PATIENCE, otherwise, { signal: timer.signal, ref: false })]);
    } catch (error) {
      log.warn({ err: error, of }, 'Slack did not say');
      return otherwise;
    } finally {
      timer.abort();
    }
  };

  return {
    async whole(incoming) {
      const { place, person } = incoming;
      const [profile, creator, channel] = await Promise.all([
        soon<Profile>(profiles(person.id), { admin: false }, 'person'),
        place.direct ? '' : soon(creators(place.channel), '', 'channel'),
        /^[UW]/.test(place.channel) ? soon(conversations(person.id), place.channel, 'direct') : place.channel,
      ]);
      const known: Person = {
        ...person,
        name: profile.name ?? person.name,
        // In a conversation of two there is nobody else whose channel it could be.
        manages: profile.admin || place.direct === true || creator === person.id,
      };
      return {
        ...incoming,
        place: { ...place, channel },
        person: known,
        ...(profile.locale && { locale: profile.locale }),
        ...(profile.timezone && { timezone: profile.timezone }),
      };
    },
  };
}

/** Remembers answers for a while, asks once for many who wait, and forgets failures. */
function kept<T>(now: () => number, ask: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const answers = new Map<string, { readonly at: number; readonly answer: Promise<T> }>();
  return (id) => {
    const known = answers.get(id);
    if (known && now() - known.at < FRESH) return known.answer;
    const answer = ask(id);
    answers.delete(id);
    answers.set(id, { at: now(), answer });
    answer.catch(() => answers.delete(id));
    if (answers.size > MOST) answers.delete(answers.keys().next().value!);
    return answer;
  };
}
