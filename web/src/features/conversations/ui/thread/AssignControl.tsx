import type { ComponentProps } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '@/shared/api/types';
import { Avatar } from '@/shared/ui/Avatar';
import { deferred } from '@/shared/ui/deferred';
import { IconChevronDown, IconUserQuestion } from '@/shared/ui/icons';
import { setPicker, useClosesWithMe, usePickers } from '../../model/pickers';
import classes from './AssignPicker.module.css';

const AssignPicker = deferred(() => import('./AssignPicker'));

export function AssignControl({ row }: { row: Conversation }) {
  const wanted = usePickers((state) => state.open === 'assign');
  useClosesWithMe('assign');
  return (
    <AssignPicker
      wanted={wanted}
      onOpen={() => setPicker('assign', true)}
      props={{ row }}
      button={(handlers) => <AssignButton row={row} {...handlers} />}
    />
  );
}

export function AssignButton({ row, ...rest }: { row: Conversation } & ComponentProps<'button'>) {
  const { t } = useTranslation('conversations');
  return (
    <button
      type="button"
      aria-haspopup="listbox"
      {...rest}
      className={classes.target}
      data-testid="action-assign"
      aria-label={row.assignee ? t('action.assignedTo', { name: row.assignee.name }) : t('action.assignNobody')}
    >
      {row.assignee ? (
        <Avatar id={row.assignee.id} name={row.assignee.name} size={20} />
      ) : (
        <IconUserQuestion size={16} stroke={1.6} aria-hidden="true" />
      )}
      <span className={classes.name}>{row.assignee?.name ?? t('action.nobody')}</span>
      <IconChevronDown size={14} stroke={1.6} aria-hidden="true" />
    </button>
  );
}
