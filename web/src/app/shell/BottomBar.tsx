import { Link, type LinkProps, useLocation } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useOpenConversation } from '@/app/useOpenConversation';
import { useCounts } from '@/shared/realtime/counts';
import { useCan } from '@/shared/session/session';
import { IconInbox, IconPlugConnected, IconShieldExclamation, IconTemplate, IconUserQuestion } from '@/shared/ui/icons';
import classes from './Shell.module.css';
import { UserControl } from './UserControl';

/** On a phone, under the list. A thread needs the whole height and has its own way back. */
export function BottomBar({ onHelp }: { onHelp: () => void }) {
  const { t } = useTranslation('app');
  const counts = useCounts();
  const { pathname } = useLocation();
  const conversationId = useOpenConversation();
  const mayChannels = useCan('channels.manage');
  const mayQuarantine = useCan('quarantine.manage');
  const mayReply = useCan('conversations.reply');
  if (conversationId) return null;
  const queue = pathname.startsWith('/inbox/unassigned');
  const inbox = pathname.startsWith('/inbox') && !queue;
  return (
    <nav className={classes.bottom} aria-label={t('navigation')}>
      <Tab to="/inbox/$view" params={{ view: 'mine' }} active={inbox} icon={IconInbox} count={counts?.mine}>
        {t('tabs.inbox')}
      </Tab>
      <Tab to="/inbox/$view" params={{ view: 'unassigned' }} active={queue} icon={IconUserQuestion} count={counts?.unassigned}>
        {t('tabs.queue')}
      </Tab>
      {mayReply && (
        <Tab to="/templates" active={pathname.startsWith('/templates')} icon={IconTemplate}>
          {t('templates')}
        </Tab>
      )}
      {mayChannels && (
        <Tab to="/channels" active={pathname === '/channels'} icon={IconPlugConnected}>
          {t('channels')}
        </Tab>
      )}
      {mayQuarantine && (
        <Tab to="/quarantine" active={pathname === '/quarantine'} icon={IconShieldExclamation}>
          {t('tabs.quarantine')}
        </Tab>
      )}
      <UserControl onHelp={onHelp} place="bottom" />
    </nav>
  );
}

interface TabProps extends Pick<LinkProps, 'to' | 'params'> {
  active: boolean;
  icon: typeof IconInbox;
  count?: number | undefined;
  children: string;
}

function Tab({ active, icon: Icon, count, children, ...place }: TabProps) {
  return (
    <Link {...place} className={classes.tab} data-active={active || undefined} aria-current={active ? 'page' : undefined}>
      <span className={classes.tabIcon}>
        <Icon size={24} stroke={1.5} aria-hidden="true" />
        {count ? <span className={classes.badge}>{count > 99 ? '99+' : count}</span> : null}
      </span>
      {children}
    </Link>
  );
}
