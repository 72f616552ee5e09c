import { createContext } from 'react';
import type { Id } from '@/shared/api/types';

/** Scrolls the thread to a message that another one quotes. */
export const JumpContext = createContext<(messageId: Id) => void>(() => undefined);
