/** Which picker of the open conversation shows; keys open them, wherever their button is. */
import { useEffect } from 'react';
import { create } from 'zustand';
import { holdKeys } from '@/shared/keys/registry';

export type Picker = 'assign' | 'snooze' | 'tags';

export const usePickers = create<{ open: Picker | null }>(() => ({ open: null }));

export const setPicker = (picker: Picker, open: boolean): void =>
  usePickers.setState((state) => ({ open: open ? picker : state.open === picker ? null : state.open }));

// Its code may still be on its way when the name that one looks for is typed.
let release: (() => void) | null = null;
usePickers.subscribe(({ open }) => {
  if (open) release ??= holdKeys();
  else {
    release?.();
    release = null;
  }
});

/** A picker ends with the place it belongs to. */
export function useClosesWithMe(picker: Picker): void {
  useEffect(() => () => setPicker(picker, false), [picker]);
}
