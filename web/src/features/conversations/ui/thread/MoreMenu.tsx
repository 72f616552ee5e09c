import { Menu } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '@/shared/api/types';
import { useMe } from '@/shared/session/session';
import { IconLayoutSidebarRight, IconMail, IconSearch, IconUserCheck, IconUserPlus, IconUserQuestion } from '@/shared/ui/icons';
import { Kbd } from '@/shared/ui/Kbd';
import '@/shared/ui/mantine-menu.css';
import { assignConversation, markUnread, takeConversation } from '../../model/actions';
import { openFind } from '../../model/find';
import { setPicker } from '../../model/pickers';
import { MoreButton } from './MoreButton';

interface Props {
  row: Conversation;
  phone: boolean;
  panelOpen: boolean;
  onTogglePanel: () => void;
}

/** What is done seldom; on a phone also what has no room in the header. */
export default function MoreMenu({ row, phone, panelOpen, onTogglePanel }: Props) {
  const { t } = useTranslation('conversations');
  const { user } = useMe();
  const [opened, setOpened] = useState(true);
  const mine = row.assignee?.id === user.id;
  return (
    <Menu withInitialFocusPlaceholder={false} opened={opened} onChange={setOpened} position="bottom-end" withinPortal>
      <Menu.Target>
        <MoreButton autoFocus />
      </Menu.Target>
      <Menu.Dropdown>
        {phone && !mine && row.status !== 'resolved' && (
          <Menu.Item
            data-testid="action-take"
            leftSection={<IconUserCheck size={16} stroke={1.5} aria-hidden="true" />}
            onClick={() => void takeConversation(row.id, { id: user.id, name: user.name })}
          >
            {t('action.take')}
          </Menu.Item>
        )}
        {phone && (
          <Menu.Item
            leftSection={<IconUserPlus size={16} stroke={1.5} aria-hidden="true" />}
            onClick={() => setPicker('assign', true)}
          >
            {t('action.assign')}
          </Menu.Item>
        )}
        {phone && row.assignee && (
          <Menu.Item
            leftSection={<IconUserQuestion size={16} stroke={1.5} aria-hidden="true" />}
            onClick={() => assignConversation(row.id, null)}
          >
            {t('assign.queue')}
          </Menu.Item>
        )}
        <Menu.Item
          data-testid="action-find"
          leftSection={<IconSearch size={16} stroke={1.5} aria-hidden="true" />}
          rightSection={phone ? undefined : <Kbd>F</Kbd>}
          onClick={() => openFind(row.id)}
        >
          {t('action.find')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconMail size={16} stroke={1.5} aria-hidden="true" />}
          rightSection={phone ? undefined : <Kbd>U</Kbd>}
          onClick={() => void markUnread(row.id)}
        >
          {t('action.markUnread')}
        </Menu.Item>
        <Menu.Item leftSection={<IconLayoutSidebarRight size={16} stroke={1.5} aria-hidden="true" />} onClick={onTogglePanel}>
          {panelOpen ? t('action.hidePanel') : t('action.showPanel')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
