/** What of a channel one changes: checked before it is sent, and only what differs is sent. */
import type { Channel, Id } from '@/shared/api/types';
import type { ChannelChange, MediaPolicy } from '../api';

export const NAME_MAX = 200;
export const DAYS_MAX = 3650;
const DAYS_SUGGESTED = 90;

export type PolicyKind = Channel['media_policy']['kind'];

export interface SettingsDraft {
  name: string;
  /** Empty: no team. */
  teamId: Id | '';
  policy: PolicyKind;
  days: string;
}

export type SettingsProblem = 'name' | 'nameLong' | 'days';

export const draftOf = (channel: Channel): SettingsDraft => ({
  name: channel.name,
  teamId: channel.team_id ?? '',
  policy: channel.media_policy.kind,
  days: String(channel.media_policy.days ?? DAYS_SUGGESTED),
});

export function problemsOf({ name, policy, days }: SettingsDraft): SettingsProblem[] {
  const found: SettingsProblem[] = [];
  if (!name.trim()) found.push('name');
  else if (name.trim().length > NAME_MAX) found.push('nameLong');
  const count = /^\d+$/.test(days.trim()) ? Number(days) : 0;
  if (policy === 'store_days' && (count < 1 || count > DAYS_MAX)) found.push('days');
  return found;
}

/** Empty when nothing is different. */
export function changeOf(channel: Channel, draft: SettingsDraft): ChannelChange {
  const days = draft.policy === 'store_days' ? Number(draft.days) : null;
  const policy: MediaPolicy =
    draft.policy === 'store_days' ? { kind: draft.policy, days: Number(draft.days) } : { kind: draft.policy };
  const held = channel.media_policy;
  return {
    ...(draft.name.trim() === channel.name ? {} : { name: draft.name.trim() }),
    ...(draft.teamId === (channel.team_id ?? '') ? {} : { team_id: draft.teamId || null }),
    ...(draft.policy === held.kind && days === held.days ? {} : { media_policy: policy }),
  };
}

/** Files that are kept now would be let go: that cannot be taken back. */
export function letsGo(channel: Channel, draft: SettingsDraft): boolean {
  if (draft.policy !== 'store_days' || problemsOf(draft).includes('days')) return false;
  const { kind, days } = channel.media_policy;
  return kind !== 'store_days' || Number(draft.days) < (days ?? 0);
}
