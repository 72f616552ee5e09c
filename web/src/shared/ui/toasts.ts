/** Short messages over the page; the newest with an undo answers to `z`. */
import { create } from 'zustand';

export interface Toast {
  id: number;
  text: string;
  tone: 'done' | 'error';
  undo?: () => void;
}

export const UNDO_MS = 5000;
const ERROR_MS = 8000;

export const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }));
const timers = new Map<number, ReturnType<typeof setTimeout>>();
let next = 1;

export function toast(text: string, options: { tone?: Toast['tone']; undo?: () => void } = {}): void {
  const made: Toast = { id: next++, text, tone: options.tone ?? 'done', ...(options.undo ? { undo: options.undo } : {}) };
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), made] }));
  resume(made);
}

export function dismiss(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((held) => held.id !== id) }));
}

/** Reading takes its time: the clock stands while the pointer or the focus is on it. */
export const pause = (id: number): void => clearTimeout(timers.get(id));

export function resume(shown: Toast): void {
  clearTimeout(timers.get(shown.id));
  timers.set(
    shown.id,
    setTimeout(() => dismiss(shown.id), shown.tone === 'error' ? ERROR_MS : UNDO_MS),
  );
}

export function undo(shown: Toast): void {
  dismiss(shown.id);
  shown.undo?.();
}
