import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Id } from '@/shared/api/types';
import { IconPencil } from '@/shared/ui/icons';
import { showError } from '@/shared/ui/showError';
import { contactKey, renameContact } from '../api';
import classes from './ContactPanel.module.css';

const MAX = 120;

/** The name, and in its place the field that changes it. Enter or leaving saves, Escape does not. */
export function NameEditor({ id, name }: { id: Id; name: string }) {
  const { t } = useTranslation('contacts');
  const queries = useQueryClient();
  const [text, setText] = useState<string | null>(null);
  const [shown, setShown] = useState(name);
  const input = useRef<HTMLInputElement>(null);
  const editing = text !== null;
  useEffect(() => setShown(name), [name]);
  useEffect(() => {
    if (editing) input.current?.select();
  }, [editing]);

  async function save() {
    const wanted = text?.trim() ?? '';
    setText(null);
    if (!wanted || wanted === name) return;
    setShown(wanted);
    try {
      queries.setQueryData(contactKey(id), await renameContact(id, wanted));
    } catch (error) {
      setShown(name);
      showError(error);
    }
  }

  if (editing) {
    return (
      <input
        ref={input}
        className={classes.nameInput}
        value={text}
        maxLength={MAX}
        dir="auto"
        aria-label={t('name')}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={() => void save()}
        onKeyDown={(event) => {
          if (event.key === 'Enter') void save();
          if (event.key === 'Escape') {
            event.stopPropagation();
            setText(null);
          }
        }}
      />
    );
  }
  return (
    <h2 className={classes.name}>
      <span dir="auto">{shown || t('noName')}</span>
      <button type="button" onClick={() => setText(shown)} aria-label={t('editName')}>
        <IconPencil size={15} stroke={1.6} aria-hidden="true" />
      </button>
    </h2>
  );
}
