import { Link, useLocation } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useCounts } from '@/shared/realtime/counts';
import { useCan } from '@/shared/session/session';
import {
  IconInbox,
  IconMessageBolt,
  IconPlugConnected,
  IconSettings,
  IconShieldExclamation,
  IconTemplate,
} from '@/shared/ui/icons';
import { Logo } from '@/shared/ui/Logo';
import classes from './Shell.module.css';
import { UserControl } from './UserControl';

export function Rail({ onHelp }: { onHelp: () => void }) {
  const { t } = useTranslation('app');
  const counts = useCounts();
  const { pathname } = useLocation();
  const mayChannels = useCan('channels.manage');
  const mayQuarantine = useCan('quarantine.manage');
  const mayReply = useCan('conversations.reply');
  const mayCanned = useCan('canned_replies.manage');
  const maySettings = useCan('settings.manage');
  const templates = pathname.startsWith('/templates');
  const inbox = pathname.startsWith('/inbox');
  return (
    <nav className={classes.rail} aria-label={t('navigation')}>
      <span className={classes.logo}>
        <Logo size={28} />
      </span>
      <div className={classes.items}>
        <Link
          to="/inbox/$view"
          params={{ view: 'mine' }}
          className={classes.item}
          data-active={inbox || undefined}
          data-tip={t('inbox')}
          aria-current={inbox ? 'page' : undefined}
        >
          <IconInbox size={20} stroke={1.5} aria-hidden="true" />
          <span className="visually-hidden">{t('inbox')}</span>
          {counts && counts.mine > 0 && (
            <span className={classes.badge}>
              {counts.mine > 99 ? '99+' : counts.mine}
              <span className="visually-hidden"> {t('openConversations')}</span>
            </span>
          )}
        </Link>
        {mayReply && (
          <Link
            to="/templates"
            className={classes.item}
            data-active={templates || undefined}
            data-tip={t('templates')}
            aria-label={t('templates')}
            aria-current={templates ? 'page' : undefined}
          >
            <IconTemplate size={20} stroke={1.5} aria-hidden="true" />
          </Link>
        )}
        {mayChannels && (
          <Link
            to="/channels"
            className={classes.item}
            data-active={pathname === '/channels' || undefined}
            data-tip={t('channels')}
            aria-label={t('channels')}
            aria-current={pathname === '/channels' ? 'page' : undefined}
          >
            <IconPlugConnected size={20} stroke={1.5} aria-hidden="true" />
          </Link>
        )}
        {mayCanned && (
          <Link
            to="/canned-replies"
            className={classes.item}
            data-active={pathname === '/canned-replies' || undefined}
            data-tip={t('canned')}
            aria-label={t('canned')}
            aria-current={pathname === '/canned-replies' ? 'page' : undefined}
          >
            <IconMessageBolt size={20} stroke={1.5} aria-hidden="true" />
          </Link>
        )}
        {mayQuarantine && (
          <Link
            to="/quarantine"
            className={classes.item}
            data-active={pathname === '/quarantine' || undefined}
            data-tip={t('quarantine')}
            aria-label={t('quarantine')}
            aria-current={pathname === '/quarantine' ? 'page' : undefined}
          >
            <IconShieldExclamation size={20} stroke={1.5} aria-hidden="true" />
          </Link>
        )}
        {maySettings && (
          <Link
            to="/settings"
            className={classes.item}
            data-active={pathname === '/settings' || undefined}
            data-tip={t('settings')}
            aria-label={t('settings')}
            aria-current={pathname === '/settings' ? 'page' : undefined}
          >
            <IconSettings size={20} stroke={1.5} aria-hidden="true" />
          </Link>
        )}
      </div>
      <UserControl onHelp={onHelp} place="rail" />
    </nav>
  );
}
