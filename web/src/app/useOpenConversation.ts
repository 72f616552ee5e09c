import { useParams, useRouter } from '@tanstack/react-router';
import { useCallback, useSyncExternalStore } from 'react';
import type { Id } from '@/shared/api/types';

const INBOX = /^\/inbox\/[^/]+(?:\/([^/]+))?\/?$/;

/**
 * The conversation that the address names, from the moment it does. The router itself tells only after its transition, and a
 * key pressed in between would be meant for this conversation and act on the one before.
 */
export function useOpenConversation(): Id | undefined {
  const { history } = useRouter();
  const { conversationId } = useParams({ strict: false });
  const subscribe = useCallback((changed: () => void) => history.subscribe(changed), [history]);
  const pathname = useSyncExternalStore(subscribe, () => history.location.pathname);
  const inbox = INBOX.exec(pathname);
  // On the way to another page the inbox stays as it was.
  return inbox ? inbox[1] : conversationId;
}
