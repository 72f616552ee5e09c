/** Which picker of the open conversation shows; keys open them, wherever their button is. */
import { create } from 'zustand';

export type Picker = 'assign' | 'snooze' | 'tags';

export const usePickers = create<{ open: Picker | null }>(() => ({ open: null }));

export const setPicker = (picker: Picker, open: boolean): void =>
  usePickers.setState((state) => ({ open: open ? picker : state.open === picker ? null : state.open }));
