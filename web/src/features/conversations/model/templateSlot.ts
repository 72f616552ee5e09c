/** Where templates come from: the route gives the composer its picker, because it belongs to another feature. */
import { type ComponentType, createContext } from 'react';
import { create } from 'zustand';
import type { Conversation, Id } from '@/shared/api/types';

export interface TemplateSlotProps {
  row: Conversation;
  /** Somebody asked for it: its search field takes the keyboard. */
  focus: boolean;
  onSent: () => void;
  /** Missing where there is nothing else to go back to. */
  onCancel: (() => void) | undefined;
}

export const TemplateSlot = createContext<ComponentType<TemplateSlotProps> | null>(null);

/** The conversation in which somebody, from a bubble say, asked for a template. */
export const useTemplateWish = create<{ conversationId: Id | null }>(() => ({ conversationId: null }));
export const wishTemplate = (conversationId: Id | null): void => useTemplateWish.setState({ conversationId });
