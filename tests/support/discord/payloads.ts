import { type APIUser, ChannelType, OverwriteType } from 'discord.js';
import type { Channel, Guild, Json, World } from './world.ts';

/** Objects as Discord sends them. */

export function channelPayload(world: World, c: Channel): Json {
  if (c.person) return { id: c.id, type: c.type, recipients: [world.users.get(c.person)], flags: 0 };
  const thread =
    c.type === ChannelType.PublicThread
      ? {
          parent_id: c.parent,
          owner_id: world.bot.id,
          message_count: 0,
          member_count: 1,
          thread_metadata: {
            archived: false,
            locked: c.locked ?? false,
            auto_archive_duration: 1440,
            archive_timestamp: new Date(0).toISOString(),
          },
        }
      : {
          position: 0,
          parent_id: null,
          permission_overwrites: c.denied
            ? [{ id: world.bot.id, type: OverwriteType.Member, allow: '0', deny: String(c.denied) }]
            : [],
        };
  return { id: c.id, type: c.type, guild_id: c.guild, name: c.name, flags: 0, ...thread };
}

export function rolePayload(role: Guild['roles'][number], position: number): Json {
  const { id, name } = role;
  const looks = { color: 0, colors: { primary_color: 0 }, hoist: false, icon: null, mentionable: false };
  return { id, name, permissions: String(role.permissions), position, managed: false, flags: 0, ...looks };
}

export function memberPayload(guild: Guild, user: APIUser): Json {
  return {
    user,
    nick: null,
    avatar: null,
    roles: guild.members.get(user.id) ?? [],
    joined_at: new Date(0).toISOString(),
    deaf: false,
    mute: false,
    flags: 0,
  };
}

/** as GET /guilds/{id} gives it; the gateway adds channels, threads and members */
export function guildPayload(guild: Guild): Json {
  return {
    id: guild.id,
    name: guild.name,
    owner_id: guild.owner,
    icon: null,
    splash: null,
    discovery_splash: null,
    roles: guild.roles.map(rolePayload),
    emojis: [],
    stickers: [],
    features: [],
    afk_channel_id: null,
    afk_timeout: 300,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    mfa_level: 0,
    nsfw_level: 0,
    premium_tier: 0,
    premium_progress_bar_enabled: false,
    preferred_locale: 'en-US',
    vanity_url_code: null,
    description: null,
    banner: null,
  };
}

export function guildCreate(world: World, guild: Guild): Json {
  const channels = [...world.channels.values()].filter((c) => c.guild === guild.id);
  return {
    ...guildPayload(guild),
    joined_at: new Date(0).toISOString(),
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    members: [memberPayload(guild, world.bot)],
    channels: channels.filter((c) => !c.parent).map((c) => channelPayload(world, c)),
    threads: channels.filter((c) => c.parent).map((c) => channelPayload(world, c)),
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}
