/** One clock for everything that shows an age, so that a thousand rows do not own a thousand timers. */
import { useSyncExternalStore } from 'react';

const listeners = new Map<number, Set<() => void>>();
const held = new Map<number, number>();
const timers = new Map<number, ReturnType<typeof setInterval>>();

/** The time, changing every `everyMs`; a component that uses it renders again only then. */
export function useNow(everyMs = 20_000): number {
  return useSyncExternalStore(
    (listener) => {
      const set = listeners.get(everyMs) ?? new Set();
      listeners.set(everyMs, set);
      set.add(listener);
      if (set.size === 1) {
        held.set(everyMs, Date.now());
        timers.set(
          everyMs,
          setInterval(() => {
            held.set(everyMs, Date.now());
            for (const notify of set) notify();
          }, everyMs),
        );
      }
      return () => {
        set.delete(listener);
        if (set.size === 0) clearInterval(timers.get(everyMs));
      };
    },
    () => {
      const at = held.get(everyMs);
      if (at !== undefined && Date.now() - at < everyMs * 2) return at;
      const now = Date.now();
      held.set(everyMs, now);
      return now;
    },
  );
}
