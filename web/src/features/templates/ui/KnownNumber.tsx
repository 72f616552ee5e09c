import { useTranslation } from 'react-i18next';
import type { Id } from '@/shared/api/types';
import { useNow } from '@/shared/format/now';
import { clock, near } from '@/shared/format/time';
import { Avatar } from '@/shared/ui/Avatar';
import { Button } from '@/shared/ui/Button';
import { IconAlertTriangle, IconCircleCheck } from '@/shared/ui/icons';
import type { PhoneCheck } from '../api';
import classes from './FirstMessage.module.css';

interface Props {
  known: PhoneCheck;
  /** It is not clear yet whether another template shall go out. */
  asks: boolean;
  onOpen: (id: Id) => void;
  onAnyway: () => void;
}

/** Who has this number, and who wrote to them: the conversation that is there comes before a new template. */
export function KnownNumber({ known, asks, onOpen, onAnyway }: Props) {
  const { t } = useTranslation('templates');
  const now = useNow(60_000);
  const { contact, conversation_id, written_lately: lately, window_open } = known;
  if (!contact && !lately) {
    return (
      <p className={classes.fresh} role="status">
        <IconCircleCheck size={16} stroke={1.6} aria-hidden="true" />
        {t('first.fresh')}
      </p>
    );
  }
  const day = lately && near(lately.at, now) === 'yesterday' ? 'yesterday' : 'today';
  return (
    <div className={classes.known} role="status" data-testid="first-known">
      {contact && (
        <p className={classes.contact}>
          <Avatar id={contact.id} name={contact.name} size={32} />
          <span>
            <strong dir="auto">{contact.name}</strong>
            <span>
              {conversation_id ? (window_open ? t('first.windowOpen') : t('first.windowClosed')) : t('first.noConversation')}
            </span>
          </span>
        </p>
      )}
      {lately && (
        <p className={classes.lately}>
          <IconAlertTriangle size={16} stroke={1.6} aria-hidden="true" />
          {t(`first.lately.${day}`, { name: lately.by, time: clock(lately.at) })}
        </p>
      )}
      {asks && (
        <div className={classes.buttons}>
          {conversation_id && (
            <Button look="primary" data-testid="first-open" onClick={() => onOpen(conversation_id)}>
              {t('first.open')}
            </Button>
          )}
          <Button data-testid="first-anyway" onClick={onAnyway}>
            {t('first.anyway')}
          </Button>
        </div>
      )}
    </div>
  );
}
