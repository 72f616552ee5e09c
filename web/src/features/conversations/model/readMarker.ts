import { useEffect, useState } from 'react';
import type { Conversation } from '@/shared/api/types';
import { keptUnread, markRead } from './actions';

const SEEN_MS = 1000;

/** Seen is what stood at the end of the thread for a second, in a tab that has the focus. */
export function useReadMarker(row: Conversation, lastSeq: number, endVisible: boolean): void {
  const focused = useFocused();
  const { id, unread } = row;
  useEffect(() => {
    if (!endVisible || !focused || unread === 0 || lastSeq === 0) return;
    const timer = setTimeout(() => {
      if (!keptUnread.has(id)) void markRead(id, lastSeq);
    }, SEEN_MS);
    return () => clearTimeout(timer);
  }, [id, unread, lastSeq, endVisible, focused]);
}

const look = () => document.visibilityState === 'visible' && document.hasFocus();

function useFocused(): boolean {
  const [focused, setFocused] = useState(look);
  useEffect(() => {
    const update = () => setFocused(look());
    window.addEventListener('focus', update);
    window.addEventListener('blur', update);
    document.addEventListener('visibilitychange', update);
    return () => {
      window.removeEventListener('focus', update);
      window.removeEventListener('blur', update);
      document.removeEventListener('visibilitychange', update);
    };
  }, []);
  return focused;
}
