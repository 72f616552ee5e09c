import { Menu } from '@mantine/core';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '@/shared/api/types';
import { aheadTime } from '@/shared/format/time';
import { IconCalendarClock } from '@/shared/ui/icons';
import { lazyPart } from '@/shared/ui/lazyPart';
import { snoozeConversation } from '../../model/actions';
import { setPicker, usePickers } from '../../model/pickers';
import { snoozeChoices } from '../../model/snooze';
import '@/shared/ui/mantine-menu.css';
import { SnoozeButton } from './SnoozeControl';
import classes from './SnoozeMenu.module.css';

const SnoozeDate = lazyPart(() => import('./SnoozeDate'));

export default function SnoozeMenu({ row }: { row: Conversation }) {
  const { t } = useTranslation('conversations');
  const open = usePickers((state) => state.open === 'snooze');
  const [picking, setPicking] = useState(false);
  const snooze = (until: Date | null) => {
    const label = until ? t('done.snoozed', { time: aheadTime(until.getTime(), Date.now()) }) : t('done.snoozedToMessage');
    snoozeConversation(row.id, until?.toISOString() ?? null, label);
  };
  return (
    <>
      <Menu
        withInitialFocusPlaceholder={false}
        opened={open}
        onChange={(opened) => setPicker('snooze', opened)}
        position="bottom-end"
        width={250}
        withinPortal
      >
        <Menu.Target>
          <SnoozeButton autoFocus />
        </Menu.Target>
        <Menu.Dropdown aria-label={t('action.snooze')}>
          {open &&
            snoozeChoices(Date.now()).map(({ key, until }) => (
              <Menu.Item
                key={key}
                rightSection={until && <span className={classes.when}>{aheadTime(until.getTime(), Date.now())}</span>}
                onClick={() => snooze(until)}
              >
                {t(`snooze.${key}`)}
              </Menu.Item>
            ))}
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconCalendarClock size={16} stroke={1.5} aria-hidden="true" />}
            onClick={() => setPicking(true)}
          >
            {t('snooze.pick')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {picking && (
        <Suspense>
          <SnoozeDate
            onClose={() => setPicking(false)}
            onPick={(until) => {
              setPicking(false);
              snooze(until);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
