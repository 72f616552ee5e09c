import { useSyncExternalStore } from 'react';

const NARROW = '(width < 768px)';
const MIDDLE = '(width < 1200px)';

function useMatch(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    () => matchMedia(query).matches,
  );
}

/** A phone: one pane at a time. */
export const useIsPhone = () => useMatch(NARROW);
/** No room for the contact panel beside the thread: it becomes a drawer. */
export const useIsNarrow = () => useMatch(MIDDLE);
