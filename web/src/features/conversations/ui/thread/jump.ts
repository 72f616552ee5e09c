import { createContext } from 'react';
import type { Id } from '@/shared/api/types';

export interface Target {
  conversationId: Id;
  id: Id;
  seq: number;
}

/** Scrolls the thread to a message that another one quotes, or that was found. */
export const JumpContext = createContext<(target: Target) => void>(() => undefined);
