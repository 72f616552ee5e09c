import { Combobox } from '@mantine/core';
import '@/shared/ui/mantine-combobox.css';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '@/shared/api/types';
import { folded } from '@/shared/format/text';
import { useMe } from '@/shared/session/session';
import { Avatar } from '@/shared/ui/Avatar';
import { IconCheck, IconUserQuestion } from '@/shared/ui/icons';
import { assignConversation } from '../../model/actions';
import { useUsers } from '../../model/queries';
import { usePickerBox } from '../usePickerBox';
import { AssignButton } from './AssignControl';
import classes from './AssignPicker.module.css';

const QUEUE = 'queue';

export default function AssignPicker({ row }: { row: Conversation }) {
  const { t } = useTranslation('conversations');
  const { user: me } = useMe();
  const users = useUsers();
  const { combobox, search, setSearch, wanted } = usePickerBox('assign');
  const found = (users.data ?? [])
    .filter((user) => folded(user.name).includes(wanted) || folded(user.username).includes(wanted))
    .sort((a, b) => Number(b.id === me.id) - Number(a.id === me.id) || a.name.localeCompare(b.name, 'tr'));

  const mayLeave = row.assignee !== null && !wanted;
  // A list box without options is none: a sentence takes its place.
  const none = found.length === 0 && !mayLeave;

  return (
    <Combobox
      store={combobox}
      width={260}
      position="bottom-end"
      withinPortal
      onOptionSubmit={(value) => {
        const user = found.find((held) => held.id === value);
        if (value === QUEUE || user) assignConversation(row.id, user ? { id: user.id, name: user.name } : null);
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target targetType="button">
        <AssignButton row={row} autoFocus onClick={() => combobox.toggleDropdown()} />
      </Combobox.Target>
      <Combobox.Dropdown data-overlay>
        <Combobox.Search
          value={search}
          aria-label={t('assign.search')}
          placeholder={t('assign.search')}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <Combobox.Options aria-label={t('action.assign')} mah={280} style={{ overflowY: 'auto' }} hidden={none}>
          {mayLeave && (
            <Combobox.Option value={QUEUE} className={classes.option}>
              <IconUserQuestion size={20} stroke={1.5} aria-hidden="true" />
              {t('assign.queue')}
            </Combobox.Option>
          )}
          {found.map((user) => (
            <Combobox.Option key={user.id} value={user.id} className={classes.option} active={user.id === row.assignee?.id}>
              <Avatar id={user.id} name={user.name} size={20} />
              <span className={classes.optionName}>{user.id === me.id ? t('assign.me', { name: user.name }) : user.name}</span>
              {user.id === row.assignee?.id && <IconCheck size={16} aria-hidden="true" />}
            </Combobox.Option>
          ))}
        </Combobox.Options>
        {users.isSuccess && found.length === 0 && <Combobox.Empty>{t('assign.none')}</Combobox.Empty>}
        {users.isError && <Combobox.Empty>{t('assign.failed')}</Combobox.Empty>}
      </Combobox.Dropdown>
    </Combobox>
  );
}
