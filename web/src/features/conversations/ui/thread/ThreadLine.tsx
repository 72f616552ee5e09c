import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '@/shared/format/now';
import { dayLine, near, shortDate } from '@/shared/format/time';
import { useLive } from '@/shared/realtime/store';
import type { ThreadItem } from '../../model/threadItems';
import { ActivityLine, PendingLine } from './content/Content';
import { MessageLine } from './MessageLine';
import classes from './ThreadLine.module.css';

interface Props {
  item: ThreadItem;
  contactName: string;
  channelId: string;
}

export const ThreadLine = memo(function ThreadLine({ item, contactName, channelId }: Props) {
  const { t } = useTranslation('conversations');
  switch (item.kind) {
    case 'start':
      return <div className={classes.start}>{item.more ? t('thread.loadingOlder') : null}</div>;
    case 'day':
      return <DayLine at={item.at} />;
    case 'earlier':
      return <EarlierLine conversationId={item.conversationId} />;
    case 'unread':
      return <Divider tone="accent">{t('thread.unread', { count: item.count })}</Divider>;
    case 'message':
      return item.message.type === 'activity' || item.message.type === 'system' ? (
        <ActivityLine message={item.message} />
      ) : (
        <MessageLine item={item} contactName={contactName} channelId={channelId} />
      );
    case 'album':
      return <MessageLine item={item} contactName={contactName} channelId={channelId} />;
    case 'pending':
      return <PendingLine item={item.item} first={item.first} />;
  }
});

function Divider({ tone, children }: { tone?: 'accent'; children: string }) {
  return (
    <div className={classes.divider} data-tone={tone}>
      <span>{children}</span>
    </div>
  );
}

function DayLine({ at }: { at: string }) {
  const { t } = useTranslation('conversations');
  const now = useNow(60_000);
  const word = near(at, now);
  const date = dayLine(at, now);
  return <Divider>{word === 'today' || word === 'yesterday' ? `${t(`day.${word}`)} · ${date}` : date}</Divider>;
}

/** Above it stands an earlier conversation of the same person. */
function EarlierLine({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation('conversations');
  const row = useLive((state) => state.conversations[conversationId]);
  return (
    <div className={classes.earlier}>
      <Divider>
        {row
          ? t('thread.newConversation', { number: row.number, date: shortDate(row.created_at) })
          : t('thread.newConversationPlain')}
      </Divider>
    </div>
  );
}
