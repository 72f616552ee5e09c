import { answer, api } from '@/shared/api/client';
import { allOf } from '@/shared/api/pages';
import type { components } from '@/shared/api/schema';
import type { Id } from '@/shared/api/types';

export const readQuarantine = (cursor: string | null, reason: string | null) =>
  answer(api.GET('/api/v1/quarantine', { params: { query: { cursor, reason, limit: 50 } } }));
export const readQuarantineReasons = () => answer(api.GET('/api/v1/quarantine/reasons'));
/** The parts that wait for this reason now: the server takes a few hundred at a time, and what fails again waits anew. */
export async function replayReason({ reason, waiting }: { reason: string; waiting: number }): Promise<number> {
  let replayed = 0;
  while (replayed < waiting) {
    const done = await answer(api.POST('/api/v1/quarantine/replay', { body: { reason } }));
    if (done.replayed === 0) break;
    replayed += done.replayed;
  }
  return replayed;
}

export const replay = (id: Id) =>
  answer(api.POST('/api/v1/quarantine/{quarantine_id}/replay', { params: { path: { quarantine_id: id } } }));

type ConnectBody = components['schemas']['ConnectBody'];
type SignupBody = components['schemas']['SignupBody'];
export type MediaPolicy = { kind: 'store_days'; days: number } | { kind: 'store' | 'do_not_store' };
export interface ChannelChange {
  name?: string;
  team_id?: Id | null;
  media_policy?: MediaPolicy;
}
export type Health = components['schemas']['HealthOut'];
export type Hop = components['schemas']['HopOut'];
export type Connected = components['schemas']['ConnectedOut'];
export type SignupSettings = components['schemas']['SignupOut'];

export const CHANNELS_KEY = ['channels'];
export const TEAMS_KEY = ['teams'];
export const HOPS = ['token', 'number', 'app_secret', 'subscription', 'webhook', 'ingest', 'last_inbound', 'clock'] as const;
export type HopName = (typeof HOPS)[number];

export const readChannels = () => allOf((query) => answer(api.GET('/api/v1/channels', { params: { query } })));
export const readTeams = () => allOf((query) => answer(api.GET('/api/v1/teams', { params: { query } })));
export const readHealth = (id: Id) =>
  answer(api.GET('/api/v1/channels/{channel_id}/health', { params: { path: { channel_id: id } } }));
export const readSignup = () => answer(api.GET('/api/v1/channels/whatsapp/signup'));
export const connectPasted = (body: ConnectBody) => answer(api.POST('/api/v1/channels', { body }));
export const connectSignedUp = (body: SignupBody) => answer(api.POST('/api/v1/channels/embedded-signup', { body }));
export const reconnect = (id: Id, token: string) =>
  answer(
    api.POST('/api/v1/channels/{channel_id}/reconnect', {
      params: { path: { channel_id: id } },
      body: { credentials: { access_token: token } },
    }),
  );
export const registerNumber = (id: Id, pin: string) =>
  answer(api.POST('/api/v1/channels/{channel_id}/register', { params: { path: { channel_id: id } }, body: { pin } }));
export const changeChannel = (id: Id, body: ChannelChange) =>
  answer(api.PATCH('/api/v1/channels/{channel_id}', { params: { path: { channel_id: id } }, body }));
export const resumeChannel = (id: Id) =>
  answer(api.POST('/api/v1/channels/{channel_id}/resume', { params: { path: { channel_id: id } } }));
export const disconnect = (id: Id) =>
  answer(api.POST('/api/v1/channels/{channel_id}/disconnect', { params: { path: { channel_id: id } } }));
export const renewVerifyToken = (id: Id) =>
  answer(api.POST('/api/v1/channels/{channel_id}/verify-token', { params: { path: { channel_id: id } } }));
export async function checkHop(id: Id, hop: HopName): Promise<Hop> {
  const { hops } = await answer(
    api.POST('/api/v1/channels/{channel_id}/check', { params: { path: { channel_id: id } }, body: { hop } }),
  );
  const [found] = hops;
  if (!found) throw new Error('a check without an answer');
  return found;
}
