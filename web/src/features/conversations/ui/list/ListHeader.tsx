import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ConversationStatus, View } from '@/shared/api/types';
import { useCounts } from '@/shared/realtime/counts';
import { IconButton } from '@/shared/ui/IconButton';
import { IconEdit, IconSearch } from '@/shared/ui/icons';
import { useIsPhone } from '@/shared/ui/useMedia';
import classes from './ListHeader.module.css';

const VIEWS: View[] = ['mine', 'unassigned', 'all'];
const STATUSES: ConversationStatus[] = ['open', 'snoozed', 'resolved'];

interface Props {
  view: View;
  status: ConversationStatus;
  /** Writing to somebody new; undefined where it is not allowed. */
  onCompose: (() => void) | undefined;
}

export function ListHeader({ view, status, onCompose }: Props) {
  const { t } = useTranslation('conversations');
  const counts = useCounts();
  const phone = useIsPhone();
  return (
    <header className={classes.header}>
      <div className={classes.top}>
        <h1 className={classes.title}>{t('list.title')}</h1>
        {phone && (
          <Link to="/search" className={classes.search} aria-label={t('list.search')}>
            <IconSearch size={20} stroke={1.5} aria-hidden="true" />
          </Link>
        )}
        {onCompose && (
          <IconButton label={t('list.compose')} data-testid="compose" onClick={onCompose}>
            <IconEdit size={20} stroke={1.5} aria-hidden="true" />
          </IconButton>
        )}
      </div>
      <nav className={classes.views} aria-label={t('list.views')}>
        {VIEWS.map((name) => (
          <Link
            key={name}
            to="/inbox/$view"
            params={{ view: name }}
            search={status === 'open' ? {} : { status }}
            activeOptions={{ exact: true }}
            className={classes.view}
            data-testid={`view-${name}`}
            aria-current={name === view ? 'page' : undefined}
          >
            {t(`view.${name}`)}
            {counts && <span className={classes.count}>{counts[name]}</span>}
          </Link>
        ))}
      </nav>
      <nav className={classes.statuses} aria-label={t('list.statuses')}>
        {STATUSES.map((name) => (
          <Link
            key={name}
            to="/inbox/$view"
            params={{ view }}
            search={name === 'open' ? {} : { status: name }}
            activeOptions={{ exact: true }}
            className={classes.status}
            data-testid={`status-${name}`}
            aria-current={name === status ? 'true' : undefined}
          >
            {t(`status.${name}`)}
          </Link>
        ))}
      </nav>
    </header>
  );
}
