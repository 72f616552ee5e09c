import type { MouseEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { readContext } from '@/shared/api/payloads';
import type { Message } from '@/shared/api/types';
import { useMe } from '@/shared/session/session';
import { IconArrowForwardUp, IconBan, IconDots, IconMoodPlus } from '@/shared/ui/icons';
import { openMenu } from '../../../model/messageMenu';
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

/** Instead of what was deleted; without `meta` a line above it, where the firm goes on showing it. */
export function Revoked({ message, meta }: { message: Message; meta?: ReactNode }) {
  const { t } = useTranslation('thread');
  const text = message.direction === 'inbound' ? t('mark.revokedIn') : t('mark.revokedOut');
  if (meta === undefined) {
    return (
      <span className={classes.mark}>
        <IconBan size={14} stroke={1.7} aria-hidden="true" />
        {text}
      </span>
    );
  }
  return (
    <div className={classes.revoked}>
      <IconBan size={16} stroke={1.6} aria-hidden="true" />
      <TextBody text={text} meta={meta} />
    </div>
  );
}

/** Beside the bubble under the pointer. The keyboard has arrows and keys of its own, so these are no stops for Tab. */
export function Actions({ message, channelId }: { message: Message; channelId: string }) {
  const { t } = useTranslation('thread');
  const canReact = useCanReact(channelId) && message.type !== 'note';
  const open = (emoji: boolean) => (event: MouseEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    openMenu(message, { x: box.left + box.width / 2, y: box.bottom }, emoji);
  };
  return (
    <span className={classes.actions}>
      {canReact && (
        <button type="button" tabIndex={-1} aria-label={t('mark.react')} data-tip={t('mark.react')} onClick={open(true)}>
          <IconMoodPlus size={17} stroke={1.6} aria-hidden="true" />
        </button>
      )}
      <button
        type="button"
        tabIndex={-1}
        data-testid="message-actions"
        aria-label={t('mark.actions')}
        aria-haspopup="menu"
        onClick={open(false)}
      >
        <IconDots size={17} stroke={1.6} aria-hidden="true" />
      </button>
    </span>
  );
}

export function Forwarded({ message }: { message: Message }) {
  const { t } = useTranslation('thread');
  const context = readContext(message.context);
  if (!context.forwarded && !context.often_forwarded) return null;
  return (
    <span className={classes.mark}>
      <IconArrowForwardUp size={14} stroke={1.7} aria-hidden="true" />
      {context.often_forwarded ? t('mark.oftenForwarded') : t('mark.forwarded')}
    </span>
  );
}
