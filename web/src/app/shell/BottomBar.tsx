import { Link, useLocation } from '@tanstack/react-router';
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
  const badge = (count: number | undefined) =>
    count ? <span className={classes.badge}>{count > 99 ? '99+' : count}</span> : null;
  return (
    <nav className={classes.bottom} aria-label={t('navigation')}>
      <Link
        to="/inbox/$view"
        params={{ view: 'mine' }}
        className={classes.tab}
        data-active={inbox || undefined}
        aria-current={inbox ? 'page' : undefined}
      >
        <span className={classes.tabIcon}>
          <IconInbox size={24} stroke={1.5} aria-hidden="true" />
          {badge(counts?.mine)}
        </span>
        {t('tabs.inbox')}
      </Link>
      <Link
        to="/inbox/$view"
        params={{ view: 'unassigned' }}
        className={classes.tab}
        data-active={queue || undefined}
        aria-current={queue ? 'page' : undefined}
      >
        <span className={classes.tabIcon}>
          <IconUserQuestion size={24} stroke={1.5} aria-hidden="true" />
          {badge(counts?.unassigned)}
        </span>
        {t('tabs.queue')}
      </Link>
      {mayReply && (
        <Link
          to="/templates"
          className={classes.tab}
          data-active={pathname.startsWith('/templates') || undefined}
          aria-current={pathname.startsWith('/templates') ? 'page' : undefined}
        >
          <span className={classes.tabIcon}>
            <IconTemplate size={24} stroke={1.5} aria-hidden="true" />
          </span>
          {t('templates')}
        </Link>
      )}
      {mayChannels && (
        <Link to="/channels" className={classes.tab} data-active={pathname === '/channels' || undefined}>
          <span className={classes.tabIcon}>
            <IconPlugConnected size={24} stroke={1.5} aria-hidden="true" />
          </span>
          {t('channels')}
        </Link>
      )}
      {mayQuarantine && (
        <Link to="/quarantine" className={classes.tab} data-active={pathname === '/quarantine' || undefined}>
          <span className={classes.tabIcon}>
            <IconShieldExclamation size={24} stroke={1.5} aria-hidden="true" />
          </span>
          {t('tabs.quarantine')}
        </Link>
      )}
      <UserControl onHelp={onHelp} place="bottom" />
    </nav>
  );
}
