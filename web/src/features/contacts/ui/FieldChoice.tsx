import { Combobox, useCombobox } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ContactField, FieldValue } from '@/shared/api/types';
import { folded } from '@/shared/format/text';
import { IconCheck } from '@/shared/ui/icons';
import '@/shared/ui/mantine-combobox.css';
import { toast } from '@/shared/ui/toasts';
import { sameValue, valueText } from '../model/fieldValue';
import type { Fill } from '../model/useFillField';
import classes from './Fields.module.css';

interface Props {
  field: ContactField;
  value: FieldValue | undefined;
  label: string;
  masked: boolean;
  /** What was written before the list had come. */
  typed: string;
  fill: Fill;
  onLeave: () => void;
  onStep: (by: 1 | -1) => boolean;
}

/** One choice is saved as it is made, several when the list closes. Chosen again means not chosen any more. */
export default function FieldChoice({ field, value, masked, label, typed, fill, onLeave, onStep }: Props) {
  const { t } = useTranslation('contacts');
  const several = field.type === 'multi_select';
  const [search, setSearch] = useState(typed);
  const [was] = useState(value);
  const [chosen, setChosen] = useState<string[]>(() => (masked || !was ? [] : Array.isArray(was) ? was : [String(was)]));
  const left = useRef(false);
  const combobox = useCombobox({ opened: true });
  const wanted = folded(search);
  const offered = field.options.filter(
    (option) => (!option.archived || chosen.includes(option.id)) && folded(option.label).includes(wanted),
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when what is found changes
  useEffect(() => {
    if (wanted) combobox.selectFirstOption();
    else combobox.selectActiveOption();
  }, [wanted]);

  const keep = (ids: string[]) => {
    const ordered = field.options.map((option) => option.id).filter((id) => ids.includes(id));
    const next = several ? (ordered.length > 0 ? ordered : null) : (ordered[0] ?? null);
    // Nothing chosen over a mask is no wish to empty it.
    if (sameValue(next, was) || (masked && next === null)) return;
    void fill(field, next, was).then((code) => code && toast(t('fields.wrong.other'), { tone: 'error' }));
  };
  const leave = (by?: 1 | -1) => {
    if (left.current) return false;
    left.current = true;
    if (several) keep(chosen);
    if (by && onStep(by)) return true;
    onLeave();
    return false;
  };
  return (
    <Combobox
      store={combobox}
      width={220}
      position="bottom-start"
      withinPortal
      onOptionSubmit={(id) => {
        if (several) {
          setChosen((held) => (held.includes(id) ? held.filter((one) => one !== id) : [...held, id]));
          setSearch('');
          return;
        }
        left.current = true;
        keep(chosen.includes(id) ? [] : [id]);
        onLeave();
      }}
    >
      <Combobox.Target>
        <input
          className={classes.input}
          // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was pressed
          autoFocus
          value={search}
          aria-labelledby={label}
          placeholder={
            chosen.length > 0 ? valueText(field, several ? chosen : (chosen[0] ?? ''), { yes: '', no: '' }) : t('fields.choose')
          }
          onChange={(event) => setSearch(event.currentTarget.value)}
          onBlur={() => leave()}
          onKeyDown={(event) => {
            if (event.key === 'Escape') {
              event.preventDefault();
              event.stopPropagation();
              left.current = true;
              onLeave();
            } else if (event.key === 'Tab' && leave(event.shiftKey ? -1 : 1)) event.preventDefault();
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown data-overlay onMouseDown={(event) => event.preventDefault()}>
        <Combobox.Options aria-label={field.label} mah={240} style={{ overflowY: 'auto' }} hidden={offered.length === 0}>
          {offered.map((option) => (
            <Combobox.Option
              key={option.id}
              value={option.id}
              active={chosen.includes(option.id)}
              aria-selected={chosen.includes(option.id)}
              className={classes.option}
            >
              <IconCheck size={14} stroke={1.8} aria-hidden="true" data-on={chosen.includes(option.id) || undefined} />
              <span dir="auto">{option.label}</span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
        {offered.length === 0 && <Combobox.Empty>{t('fields.noChoice')}</Combobox.Empty>}
      </Combobox.Dropdown>
    </Combobox>
  );
}
