import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ConversationStatus, View } from '@/shared/api/types';
import { useCounts } from '@/shared/realtime/counts';
import classes from './ListHeader.module.css';

const VIEWS: View[] = ['mine', 'unassigned', 'all'];
const STATUSES: ConversationStatus[] = ['open', 'snoozed', 'resolved'];

export function ListHeader({ view, status }: { view: View; status: ConversationStatus }) {
  const { t } = useTranslation('conversations');
  const counts = useCounts();
  return (
    <header className={classes.header}>
      <h1 className={classes.title}>{t('list.title')}</h1>
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
