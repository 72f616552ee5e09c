import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { useMe } from '@/shared/session/session';
import { IconBan } from '@/shared/ui/icons';
import { giveReaction } from '../../../model/messages';
import { useCanReact } from '../../../model/queries';
import type { Reaction } from '../../../model/threadItems';
import classes from '../MessageLine.module.css';
import { TextBody } from './TextBody';

interface ReactionsProps {
  message: Message;
  reactions: Reaction[];
  channelId: string;
  contactName: string;
}

export function Reactions({ message, reactions, channelId, contactName }: ReactionsProps) {
  const { t } = useTranslation('thread');
  const { user } = useMe();
  const canReact = useCanReact(channelId);
  return (
    <span className={classes.reactions} data-testid="reactions">
      {reactions.map(({ emoji, by }) => {
        const names = by.map((one) => (one.id === user.id ? t('mark.you') : (one.name ?? contactName)));
        const label = t('mark.reacted', { names: names.join(', '), emoji });
        const ours = by.some((one) => one.kind !== 'contact');
        return (
          <button
            key={emoji}
            type="button"
            aria-label={label}
            data-tip={names.join(', ')}
            data-ours={ours || undefined}
            aria-disabled={!(ours && canReact)}
            onClick={() => ours && canReact && void giveReaction(message, null)}
          >
            {emoji}
            {by.length > 1 ? <span>{by.length}</span> : !ours && <span dir="auto">{names[0]?.split(' ')[0]}</span>}
          </button>
        );
      })}
    </span>
  );
}

export function Revoked({ message, meta }: { message: Message; meta: ReactNode }) {
  const { t } = useTranslation('thread');
  return (
    <div className={classes.revoked}>
      <IconBan size={16} stroke={1.6} aria-hidden="true" />
      <TextBody text={message.direction === 'inbound' ? t('mark.revokedIn') : t('mark.revokedOut')} meta={meta} />
    </div>
  );
}
