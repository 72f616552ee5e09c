import { type PointerEvent, type MouseEvent as ReactMouseEvent, type RefObject, useRef } from 'react';
import { openMenu } from '../../model/messageMenu';
import { messagesOf, type ThreadItem } from '../../model/threadItems';

const PRESS_MS = 450;

/** A finger that rests on a message, and the keyboard's menu key, open its menu; a mouse keeps the browser's own. */
export function useLongPress(items: RefObject<ThreadItem[]>) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const stop = () => clearTimeout(timer.current);
  const open = (target: EventTarget, x: number, y: number): boolean => {
    const id = target instanceof Element ? target.closest<HTMLElement>('[data-line]')?.dataset.line : undefined;
    const message = items.current.flatMap(messagesOf).find((one) => one.id === id);
    if (message && !message.revoked_at) openMenu(message, { x, y });
    return message !== undefined;
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.pointerType === 'mouse') return;
      const { target, clientX, clientY } = event;
      stop();
      timer.current = setTimeout(() => open(target, clientX, clientY), PRESS_MS);
    },
    onPointerMove: stop,
    onPointerUp: stop,
    onPointerCancel: stop,
    onContextMenu: (event: ReactMouseEvent) => {
      const { pointerType } = event.nativeEvent as globalThis.PointerEvent;
      if (pointerType === 'mouse') return;
      if (open(event.target, event.clientX, event.clientY)) event.preventDefault();
    },
  };
}
