import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, Id } from '@/shared/api/types';
import { useNow } from '@/shared/format/now';
import { phoneText } from '@/shared/format/text';
import { listTime } from '@/shared/format/time';
import { useLive } from '@/shared/realtime/store';
import { Avatar } from '@/shared/ui/Avatar';
import { TagDot } from '@/shared/ui/Chip';
import { Ticks } from '@/shared/ui/Ticks';
import { needsWord, PREVIEW_ICONS } from '../../model/preview';
import classes from './ConversationRow.module.css';
import { RowState } from './RowState';

interface Props {
  id: Id;
  index: number;
  /** -1: more than are loaded. */
  count: number;
  selected: boolean;
  height: number;
  offset: number;
  onOpen: (id: Id) => void;
}

const TAGS_SHOWN = 2;

export const ConversationRow = memo(function ConversationRow({ id, index, count, selected, height, offset, onOpen }: Props) {
  const { t } = useTranslation('conversations');
  const row = useLive((state) => state.conversations[id]);
  const now = useNow(60_000);
  if (!row) return null;
  const unread = row.unread > 0;
  const name = nameOf(row) || t('noName');
  return (
    <div
      id={`row-${id}`}
      role="option"
      aria-selected={selected}
      aria-posinset={index + 1}
      aria-setsize={count}
      tabIndex={-1}
      data-testid="conversation-row"
      data-id={id}
      data-unread={row.unread}
      className={classes.row}
      style={{ blockSize: height, transform: `translateY(${offset}px)` }}
      onClick={() => onOpen(id)}
      onKeyDown={(event) => event.key === 'Enter' && onOpen(id)}
    >
      <Avatar id={row.contact.id} name={row.contact.name} size={40} channelKind={row.channel.kind} ground="var(--row-ground)" />
      <div className={classes.text}>
        <div className={classes.line}>
          <span className={classes.name} data-unread={unread || undefined}>
            <bdi>{name}</bdi>
          </span>
          {row.last_message_at && <time className={classes.time}>{listTime(row.last_message_at, now, t('yesterday'))}</time>}
        </div>
        <div className={classes.line}>
          <Preview row={row} />
          {unread ? (
            <span className={classes.badge} role="img" aria-label={t('list.unread', { count: row.unread })}>
              {row.unread > 99 ? '99+' : row.unread}
            </span>
          ) : (
            row.preview_direction === 'outbound' && row.preview_status && <Ticks status={row.preview_status} />
          )}
        </div>
        <div className={classes.line}>
          <span className={classes.marks}>
            <RowState row={row} />
            {row.tags.slice(0, TAGS_SHOWN).map((tag) => (
              <span key={tag.id} className={classes.tag}>
                <TagDot color={tag.color} />
                <span>{tag.name}</span>
              </span>
            ))}
            {row.tags.length > TAGS_SHOWN && (
              <span title={row.tags.map((tag) => tag.name).join(', ')}>+{row.tags.length - TAGS_SHOWN}</span>
            )}
          </span>
          {row.assignee && (
            <span title={row.assignee.name} className={classes.assignee}>
              <Avatar id={row.assignee.id} name={row.assignee.name} size={18} />
              <span className="visually-hidden">{t('list.assignedTo', { name: row.assignee.name })}</span>
            </span>
          )}
        </div>
      </div>
    </div>
  );
});

export const nameOf = (row: Conversation): string => row.contact.name || (row.contact.phone ? phoneText(row.contact.phone) : '');

function Preview({ row }: { row: Conversation }) {
  const { t } = useTranslation('conversations');
  const Icon = row.preview_type ? PREVIEW_ICONS[row.preview_type] : undefined;
  const text = needsWord(row) && row.preview_type ? t(`type.${row.preview_type}`) : (row.preview ?? '');
  return (
    <span className={classes.preview} data-unread={row.unread > 0 || undefined}>
      {row.preview_direction === 'outbound' && <span>{t('list.you')} </span>}
      {Icon && <Icon size={15} stroke={1.6} aria-hidden="true" className={classes.icon} />}
      <bdi>{text}</bdi>
    </span>
  );
}
