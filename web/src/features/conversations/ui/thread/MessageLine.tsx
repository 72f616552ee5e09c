import { type MouseEvent, type ReactNode, use } from 'react';
import { useTranslation } from 'react-i18next';
import { asObject, asText, readContext } from '@/shared/api/payloads';
import type { Message } from '@/shared/api/types';
import { IconArrowForwardUp, IconDeviceMobile, IconDots, IconLock, IconMoodPlus, IconTemplate } from '@/shared/ui/icons';
import { openMenu } from '../../model/messageMenu';
import { useCanReact } from '../../model/queries';
import type { ThreadItem } from '../../model/threadItems';
import { AlbumContent, Content, FailedNote, Reactions, Revoked, UnknownNote } from './content/Content';
import { JumpContext } from './jump';
import classes from './MessageLine.module.css';
import { Meta } from './Meta';

interface Props {
  item: Extract<ThreadItem, { kind: 'message' | 'album' }>;
  contactName: string;
  channelId: string;
}

export function MessageLine({ item, contactName, channelId }: Props) {
  const { t } = useTranslation('conversations');
  const { first, reactions } = item;
  const album = item.kind === 'album';
  const message = album ? (item.messages[0] as Message) : item.message;
  const note = message.type === 'note';
  const side = message.direction === 'inbound' ? 'in' : 'out';
  const failed = message.status === 'failed';
  const author = message.author.name ?? (side === 'in' ? contactName : '');
  const revoked = Boolean(message.revoked_at);
  const own = album ? {} : marksOf(message);
  return (
    <article
      className={classes.line}
      data-side={side}
      data-first={first || undefined}
      {...own}
      data-line={message.id}
      tabIndex={-1}
      aria-label={
        note
          ? t('note.by', { name: author })
          : side === 'in'
            ? author
            : author
              ? t('meta.sentBy', { name: author })
              : t('thread.messages')
      }
    >
      {first && <Heading message={message} />}
      <div className={classes.row}>
        <div
          className={classes.bubble}
          data-kind={note ? 'note' : failed ? 'failed' : side}
          data-bare={(message.type === 'sticker' && !revoked) || undefined}
        >
          {!revoked && <Forwarded message={message} />}
          {message.reply_to && !revoked && <Quote message={message} contactName={contactName} />}
          {album ? (
            <AlbumContent messages={item.messages} meta={(one) => <Meta message={one} note={false} />} />
          ) : revoked ? (
            <Revoked message={message} meta={<Meta message={message} note={false} />} />
          ) : (
            <Content message={message} meta={<Meta message={message} note={note} />} />
          )}
          {reactions.length > 0 && (
            <Reactions message={message} reactions={reactions} channelId={channelId} contactName={contactName} />
          )}
        </div>
        {!revoked && <Actions message={message} channelId={channelId} />}
      </div>
      {failed && <FailedNote message={message} />}
      {message.status === 'unknown' && <UnknownNote message={message} />}
    </article>
  );
}

const marksOf = (message: Message) => ({
  'data-testid': 'message',
  'data-id': message.id,
  'data-seq': message.seq,
  'data-client-id': message.client_id ?? undefined,
  'data-direction': message.direction,
  'data-status': message.status ?? undefined,
  'data-type': message.type,
});

/** Beside the bubble under the pointer. The keyboard has arrows and keys of its own, so these are no stops for Tab. */
function Actions({ message, channelId }: { message: Message; channelId: string }) {
  const { t } = useTranslation('conversations');
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

function Forwarded({ message }: { message: Message }) {
  const { t } = useTranslation('conversations');
  const context = readContext(message.context);
  if (!context.forwarded && !context.often_forwarded) return null;
  return (
    <span className={classes.mark}>
      <IconArrowForwardUp size={14} stroke={1.7} aria-hidden="true" />
      {context.often_forwarded ? t('mark.oftenForwarded') : t('mark.forwarded')}
    </span>
  );
}

function Heading({ message }: { message: Message }): ReactNode {
  const { t } = useTranslation('conversations');
  if (message.type === 'note') {
    return (
      <p className={classes.heading} data-tone="note">
        <IconLock size={13} stroke={1.8} aria-hidden="true" />
        {t('note.heading')}
      </p>
    );
  }
  if (message.type === 'template') {
    const name = asText(asObject(message.payload).name);
    return (
      <p className={classes.heading}>
        <IconTemplate size={14} stroke={1.6} aria-hidden="true" />
        {name ? t('template.named', { name }) : t('type.template')}
      </p>
    );
  }
  if (message.author.kind === 'phone') {
    return (
      <p className={classes.heading}>
        <IconDeviceMobile size={14} stroke={1.6} aria-hidden="true" />
        {t('mark.phone')}
      </p>
    );
  }
  return null;
}

function Quote({ message, contactName }: { message: Message; contactName: string }) {
  const { t } = useTranslation('conversations');
  const jump = use(JumpContext);
  const reply = message.reply_to;
  if (!reply) return null;
  const author = reply.author.name ?? (reply.author.kind === 'contact' ? contactName : t('mark.you'));
  return (
    <button
      type="button"
      className={classes.quote}
      data-testid="quote"
      onClick={() => jump({ conversationId: message.conversation_id, id: reply.id, seq: reply.seq })}
      data-tip={t('thread.jumpTo')}
    >
      <strong dir="auto">{author}</strong>
      <span dir="auto">{reply.text || t(`type.${reply.type}`)}</span>
    </button>
  );
}
