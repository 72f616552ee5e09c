/** As React's `lazy`, but a part whose code does not come on a broken line is asked for again: the page around it stays. */
import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

const AGAIN_MS = 2000;
/** With a line that works, a file that does not come is gone: a newer version is there, and the page has to say so. */
const TRIES_ONLINE = 5;

// biome-ignore lint/suspicious/noExplicitAny: as React's own `lazy`
export function lazyPart<T extends ComponentType<any>>(load: () => Promise<{ default: T }>): LazyExoticComponent<T> {
  return lazy(() => patiently(load));
}

async function patiently<T>(load: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries = navigator.onLine ? tries + 1 : 1) {
    try {
      return await load();
    } catch (error) {
      if (navigator.onLine && tries >= TRIES_ONLINE) throw error;
      await new Promise<void>((resolve) => {
        setTimeout(resolve, AGAIN_MS);
        addEventListener('online', () => resolve(), { once: true });
      });
    }
  }
}
