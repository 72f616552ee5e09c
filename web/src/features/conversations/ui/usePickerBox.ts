import { useCombobox } from '@mantine/core';
import { useEffect, useState } from 'react';
import { folded } from '@/shared/format/text';
import { type Picker, setPicker, usePickers } from '../model/pickers';

/** A list with a search field that hangs on a button: open while it is the picker that was asked for. */
export function usePickerBox(picker: Picker) {
  const open = usePickers((state) => state.open === picker);
  const [search, setSearch] = useState('');
  const combobox = useCombobox({
    opened: open,
    onOpenedChange: (opened) => setPicker(picker, opened),
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      combobox.focusTarget();
      setSearch('');
    },
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  useEffect(() => {
    if (open) setTimeout(() => combobox.focusSearchInput(), 0);
  }, [open, combobox.focusSearchInput]);
  const wanted = folded(search);
  // The first hit is chosen as one types: a name and Enter is enough.
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when what is found changes
  useEffect(() => {
    if (wanted) combobox.selectFirstOption();
  }, [wanted]);
  return { combobox, search, setSearch, wanted };
}
