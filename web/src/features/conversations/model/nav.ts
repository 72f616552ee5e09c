/** The order of the list as it is on the screen, so that keys move through what the eye sees. */
import { create } from 'zustand';
import type { Conversation, Id } from '@/shared/api/types';
import { useLive } from '@/shared/realtime/store';

export const useNav = create<{ order: Id[]; thaws: number }>(() => ({ order: [], thaws: 0 }));

/** What somebody does himself may move rows, even under his pointer. */
export const thawList = (): void => useNav.setState(({ thaws }) => ({ thaws: thaws + 1 }));

export function neighbour(id: Id | undefined, step: 1 | -1): Id | undefined {
  const { order } = useNav.getState();
  const at = id ? order.indexOf(id) : -1;
  if (at < 0) return step === 1 ? order[0] : undefined;
  return order[at + step];
}

/** Where `e` goes: the next below that waits for an answer, else the first that does, else simply the next. */
export function nextAfter(
  id: Id,
  order = useNav.getState().order,
  rows: Record<Id, Conversation> = useLive.getState().conversations,
): Id | undefined {
  const at = order.indexOf(id);
  const waits = (other: Id) => other !== id && rows[other]?.waiting_since != null;
  return order.slice(at + 1).find(waits) ?? order.find(waits) ?? order[at + 1] ?? (at > 0 ? order[at - 1] : undefined);
}
