import { type KeyboardEvent, type RefObject, useCallback } from 'react';
import type { Message } from '@/shared/api/types';
import { answerTo, openMenu } from '../../model/messageMenu';
import { messagesOf, type ThreadItem } from '../../model/threadItems';

interface Options {
  items: RefObject<ThreadItem[]>;
  conversationId: string;
  canReact: boolean;
  canQuote: boolean;
  scrollTo: (index: number) => void;
  toEnd: () => void;
}

const lineOf = (target: EventTarget): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>('[data-line]') : null;

/** Arrows go from message to message; R answers, + reacts, Enter and the menu key open what can be done. */
export function useLineKeys({ items, conversationId, canReact, canQuote, scrollTo, toEnd }: Options) {
  const focusItem = useCallback(
    async (index: number) => {
      const item = items.current[index];
      const [message] = item ? messagesOf(item) : [];
      if (!message) return;
      scrollTo(index);
      for (let round = 0; round < 5; round += 1) {
        const line = document.querySelector<HTMLElement>(`[data-line="${message.id}"]`);
        if (line) return line.focus({ preventScroll: true });
        await new Promise(requestAnimationFrame);
      }
    },
    [items, scrollTo],
  );

  return useCallback(
    (event: KeyboardEvent<HTMLElement>) => {
      const line = lineOf(event.target);
      const onLine = line !== null && line === event.target;
      const onThread = event.target === event.currentTarget;
      if (!onLine && !onThread) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const at = line ? items.current.findIndex((item) => messagesOf(item)[0]?.id === line.dataset.line) : -1;
      const message: Message | undefined = items.current[at] && messagesOf(items.current[at]).at(-1);
      const done = () => event.preventDefault();
      if (event.key === 'End') {
        // The browser's own way there ends where the end was before the lines on the way were measured.
        done();
        return toEnd();
      }
      if (event.key === 'Home') {
        // As above; and it ends the way to another place that has not arrived yet.
        done();
        return scrollTo(0);
      }
      if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
        done();
        return void focusItem(nextLine(items.current, at, event.key === 'ArrowUp' ? -1 : 1));
      }
      if (!onLine || !message) return;
      const box = line.querySelector('[class*="bubble"]')?.getBoundingClientRect() ?? line.getBoundingClientRect();
      const place = { x: box.left + Math.min(40, box.width / 2), y: Math.min(box.bottom, innerHeight - 40) };
      if (event.key.toLowerCase() === 'r' && !event.shiftKey && canQuote && message.type !== 'note') {
        done();
        answerTo(conversationId, message);
      } else if (event.key === '+' && canReact && message.type !== 'note') {
        done();
        openMenu(message, place, true);
      } else if (event.key === 'Enter' || event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
        done();
        openMenu(message, place);
      } else if (event.key === 'Escape') {
        done();
        event.currentTarget.focus();
      }
    },
    [items, conversationId, canReact, canQuote, focusItem, scrollTo, toEnd],
  );
}

/** The next line that is a message; from nowhere the last one. */
function nextLine(items: ThreadItem[], at: number, step: 1 | -1): number {
  for (let index = at < 0 ? items.length - 1 : at + step; index >= 0 && index < items.length; index += at < 0 ? -1 : step) {
    const [message] = messagesOf(items[index] as ThreadItem);
    if (message && message.type !== 'activity' && message.type !== 'system') return index;
  }
  return at;
}
