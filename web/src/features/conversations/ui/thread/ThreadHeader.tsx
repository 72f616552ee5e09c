import { useTranslation } from 'react-i18next';
import type { Conversation } from '@/shared/api/types';
import { useKeys } from '@/shared/keys/useKeys';
import { useCounts } from '@/shared/realtime/counts';
import { useMe } from '@/shared/session/session';
import { Avatar } from '@/shared/ui/Avatar';
import { Button } from '@/shared/ui/Button';
import { Chip } from '@/shared/ui/Chip';
import { deferred } from '@/shared/ui/deferred';
import { IconButton } from '@/shared/ui/IconButton';
import { IconAlarmSnooze, IconCheck, IconChevronLeft, IconInbox, IconLayoutSidebarRight, IconUserCheck } from '@/shared/ui/icons';
import { Kbd } from '@/shared/ui/Kbd';
import { Phone } from '@/shared/ui/Phone';
import { useIsPhone } from '@/shared/ui/useMedia';
import { markUnread, reopenConversation, resolveConversation, takeConversation } from '../../model/actions';
import { openFind } from '../../model/find';
import { usePickers } from '../../model/pickers';
import { useChannel } from '../../model/queries';
import { WindowChip } from '../composer/WindowChip';
import { nameOf } from '../list/ConversationRow';
import { AssignControl } from './AssignControl';
import { MoreButton } from './MoreButton';
import { SnoozeControl } from './SnoozeControl';
import classes from './ThreadHeader.module.css';

const MoreMenu = deferred(() => import('./MoreMenu'));

interface Props {
  row: Conversation;
  onBack: () => void;
  onResolved: () => void;
  onTogglePanel: () => void;
  panelOpen: boolean;
}

const STATUS = {
  open: { tone: 'accent', icon: IconInbox },
  snoozed: { tone: 'amber', icon: IconAlarmSnooze },
  resolved: { tone: 'green', icon: IconCheck },
} as const;

export function ThreadHeader({ row, onBack, onResolved, onTogglePanel, panelOpen }: Props) {
  const { t } = useTranslation('conversations');
  const { user } = useMe();
  const phone = useIsPhone();
  const channel = useChannel(row.channel.id);
  const counts = useCounts();
  // On a phone the button comes with the picker and goes with it: there is no room for both.
  const assigning = usePickers((state) => state.open === 'assign');
  const { id } = row;
  const resolved = row.status === 'resolved';
  const me = { id: user.id, name: user.name };

  const resolve = () => {
    // The next one is chosen from the list as it is now, before this row leaves it.
    onResolved();
    resolveConversation(id);
  };
  const reopen = () => void reopenConversation(id);
  const unread = () => void markUnread(id);
  const group = t('keys.conversation');
  useKeys([
    { keys: 'e', label: t('keys.resolve'), group, run: () => (resolved ? undefined : resolve()) },
    { keys: 'a', label: t('keys.assign'), group, run: () => usePickers.setState({ open: 'assign' }) },
    { keys: 's', label: t('keys.snooze'), group, run: () => (resolved ? undefined : usePickers.setState({ open: 'snooze' })) },
    { keys: 'f', label: t('keys.find'), group, run: () => openFind(id) },
    { keys: 'u', label: t('keys.unread'), group, run: unread },
  ]);

  const status = STATUS[row.status];
  return (
    <header className={classes.header}>
      {phone && (
        <button type="button" className={classes.back} onClick={onBack}>
          <span className="visually-hidden">{t('thread.back')}</span>
          <IconChevronLeft size={22} stroke={1.8} aria-hidden="true" />
          {counts && counts.mine > 0 && <span>{counts.mine}</span>}
        </button>
      )}
      <button
        type="button"
        className={classes.person}
        onClick={onTogglePanel}
        data-tip={panelOpen ? t('action.hidePanel') : t('action.showPanel')}
        aria-expanded={panelOpen}
      >
        <Avatar id={row.contact.id} name={row.contact.name} size={phone ? 40 : 32} channelKind={row.channel.kind} />
        <span className={classes.names}>
          <span className={classes.nameLine}>
            <span className={classes.name} dir="auto">
              {nameOf(row) || t('noName')}
            </span>
            {!phone && (
              <span className={classes.status}>
                <Chip tone={status.tone} icon={<status.icon size={13} stroke={1.8} aria-hidden="true" />}>
                  {t(`status.${row.status}`)}
                </Chip>
              </span>
            )}
          </span>
          <span className={classes.sub}>
            {phone ? <WindowChip row={row} channel={channel} plain /> : null}
            <span className={classes.channel} hidden={phone}>
              {row.channel.name}
              {channel?.address && !phone && (
                <span className={classes.address}>
                  {' · '}
                  <Phone value={channel.address} />
                </span>
              )}
            </span>
          </span>
        </span>
      </button>
      <div className={classes.actions}>
        {!phone && row.assignee?.id !== user.id && !resolved && (
          <Button
            data-testid="action-take"
            icon={<IconUserCheck size={16} stroke={1.6} aria-hidden="true" />}
            onClick={() => void takeConversation(id, me)}
          >
            {t('action.take')}
          </Button>
        )}
        {(!phone || assigning) && <AssignControl row={row} />}
        {!resolved && <SnoozeControl row={row} />}
        <MoreMenu
          wanted={false}
          onOpen={() => undefined}
          props={{ row, phone, panelOpen, onTogglePanel }}
          button={(handlers) => <MoreButton {...handlers} />}
        />
        {!phone && !panelOpen && (
          <IconButton label={t('action.showPanel')} onClick={onTogglePanel}>
            <IconLayoutSidebarRight size={18} stroke={1.6} aria-hidden="true" />
          </IconButton>
        )}
        {resolved ? (
          <Button data-testid="action-reopen" onClick={reopen} icon={<IconInbox size={16} stroke={1.6} aria-hidden="true" />}>
            {t('action.reopen')}
          </Button>
        ) : (
          <>
            {row.status === 'snoozed' && !phone && (
              <Button data-testid="action-reopen" onClick={reopen}>
                {t('action.wake')}
              </Button>
            )}
            <Button
              look="primary"
              data-testid="action-resolve"
              aria-label={t('action.resolve')}
              onClick={resolve}
              icon={<IconCheck size={16} stroke={1.8} aria-hidden="true" />}
              end={phone ? undefined : <Kbd inverse>E</Kbd>}
            >
              {t('action.resolve')}
            </Button>
          </>
        )}
      </div>
    </header>
  );
}
