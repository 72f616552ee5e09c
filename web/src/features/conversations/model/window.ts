/** May free text be sent now? Some channels allow it only for a time after the contact's last message. */
import type { Channel, Conversation } from '@/shared/api/types';

export type WindowState =
  | { kind: 'none' }
  | { kind: 'open'; leftMs: number; share: number }
  | { kind: 'closed'; closedAt: string | null };

export function windowState(
  row: Pick<Conversation, 'window'>,
  channel: Pick<Channel, 'capabilities'> | undefined,
  now: number,
): WindowState {
  const limit = channel?.capabilities.service_window_s ?? null;
  if (channel && limit === null) return { kind: 'none' };
  if (!row.window) return channel ? { kind: 'closed', closedAt: null } : { kind: 'none' };
  const leftMs = Date.parse(row.window.closes_at) - now;
  if (leftMs <= 0) return { kind: 'closed', closedAt: row.window.closes_at };
  return { kind: 'open', leftMs, share: Math.min(1, leftMs / ((limit ?? 86_400) * 1000)) };
}
