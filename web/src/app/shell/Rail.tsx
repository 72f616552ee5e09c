import { Link, useLocation } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useCounts } from '@/shared/realtime/counts';
import { useCan } from '@/shared/session/session';
import {
  IconInbox,
  IconMessageBolt,
  IconPlugConnected,
  IconSearch,
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
        {mayReply && <RailLink to="/templates" label={t('templates')} icon={IconTemplate} />}
        {mayChannels && <RailLink to="/channels" label={t('channels')} icon={IconPlugConnected} />}
        {mayCanned && <RailLink to="/canned-replies" label={t('canned')} icon={IconMessageBolt} />}
        {mayQuarantine && <RailLink to="/quarantine" label={t('quarantine')} icon={IconShieldExclamation} />}
        {maySettings && <RailLink to="/settings" label={t('settings')} icon={IconSettings} />}
      </div>
      <RailLink to="/search" label={t('search')} icon={IconSearch} />
      <UserControl onHelp={onHelp} place="rail" />
    </nav>
  );
}

interface PlaceProps {
  to: '/search' | '/templates' | '/channels' | '/canned-replies' | '/quarantine' | '/settings';
  label: string;
  icon: typeof IconInbox;
}

/** A place with pages of its own below it. */
function RailLink({ to, label, icon: Icon }: PlaceProps) {
  const { pathname } = useLocation();
  const active = `${pathname}/`.startsWith(`${to}/`);
  return (
    <Link
      to={to}
      className={classes.item}
      data-active={active || undefined}
      data-tip={label}
      aria-label={label}
      aria-current={active ? 'page' : undefined}
    >
      <Icon size={20} stroke={1.5} aria-hidden="true" />
    </Link>
  );
}
