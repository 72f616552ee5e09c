/** Which message has its menu open, which one is answered, and which is being passed on. */
import { create } from 'zustand';
import type { Id, Message } from '@/shared/api/types';

interface MenuState {
  open: { message: Message; x: number; y: number; emoji: boolean } | null;
  forwarding: Message | null;
  /** Whose earlier texts are read. */
  revised: Message | null;
}

export const useMessageMenu = create<MenuState>(() => ({ open: null, forwarding: null, revised: null }));

/** Opens beside what was pressed. `emoji`: at once with all emoji. */
export function openMenu(message: Message, place: { x: number; y: number }, emoji = false): void {
  useMessageMenu.setState({ open: { message, ...place, emoji } });
}
export const closeMenu = (): void => useMessageMenu.setState({ open: null });
export const forwardMessage = (message: Message | null): void => useMessageMenu.setState({ open: null, forwarding: message });
export const showRevisions = (message: Message | null): void => useMessageMenu.setState({ open: null, revised: message });

export const useReplies = create<{ to: Record<Id, Message | undefined>; asked: number }>(() => ({ to: {}, asked: 0 }));

/** The next answer in this conversation quotes the message; null takes the quote off. */
export function answerTo(conversationId: Id, message: Message | null): void {
  useReplies.setState(({ to, asked }) => ({
    to: { ...to, [conversationId]: message ?? undefined },
    asked: message ? asked + 1 : asked,
  }));
}

/** What the next message answers, once: the bar above the field goes with it. */
export function takeQuoted(conversationId: Id): Id | null {
  const quoted = useReplies.getState().to[conversationId];
  if (quoted) answerTo(conversationId, null);
  return quoted?.id ?? null;
}
