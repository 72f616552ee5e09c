import type { ComponentProps } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '@/shared/api/types';
import { deferred } from '@/shared/ui/deferred';
import { IconButton } from '@/shared/ui/IconButton';
import { IconAlarmSnooze } from '@/shared/ui/icons';
import { setPicker, useClosesWithMe, usePickers } from '../../model/pickers';

const SnoozeMenu = deferred(() => import('./SnoozeMenu'));

export function SnoozeControl({ row }: { row: Conversation }) {
  const wanted = usePickers((state) => state.open === 'snooze');
  useClosesWithMe('snooze');
  return (
    <SnoozeMenu
      wanted={wanted}
      onOpen={() => setPicker('snooze', true)}
      props={{ row }}
      button={(handlers) => <SnoozeButton {...handlers} />}
    />
  );
}

export function SnoozeButton(props: Omit<ComponentProps<'button'>, 'aria-label'>) {
  const { t } = useTranslation('conversations');
  return (
    <IconButton aria-haspopup="menu" {...props} label={t('action.snooze')} data-testid="action-snooze">
      <IconAlarmSnooze size={18} stroke={1.6} aria-hidden="true" />
    </IconButton>
  );
}
