/** One clock for everything that shows an age, so that a thousand rows do not own a thousand timers. */
import { useSyncExternalStore } from 'react';

interface Clock {
  subscribe: (listener: () => void) => () => void;
  read: () => number;
}

const clocks = new Map<number, Clock>();

function makeClock(everyMs: number): Clock {
  const listeners = new Set<() => void>();
  let at = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    subscribe(listener) {
      listeners.add(listener);
      timer ??= setInterval(() => {
        at = Date.now();
        for (const notify of listeners) notify();
      }, everyMs);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    // While nobody listens nobody turns the clock: the first look after a pause finds it old.
    read() {
      if (!timer && Date.now() - at >= everyMs) at = Date.now();
      return at;
    },
  };
}

/** The time, changing every `everyMs`; a component that uses it renders again only then. */
export function useNow(everyMs = 20_000): number {
  let clock = clocks.get(everyMs);
  if (!clock) {
    clock = makeClock(everyMs);
    clocks.set(everyMs, clock);
  }
  return useSyncExternalStore(clock.subscribe, clock.read);
}
