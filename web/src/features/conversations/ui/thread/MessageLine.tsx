import { type ReactNode, use } from 'react';
import { useTranslation } from 'react-i18next';
import { asObject, asText, readContext } from '@/shared/api/payloads';
import type { Message } from '@/shared/api/types';
import { IconDeviceMobile, IconLock, IconTemplate } from '@/shared/ui/icons';
import type { ThreadItem } from '../../model/threadItems';
import { Actions, AlbumContent, Content, FailedNote, Forwarded, Reactions, Revoked, UnknownNote } from './content/Content';
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
  // Where the firm goes on showing what was deleted, it comes along; else nothing but the fact does.
  const gone = revoked && !message.text && !message.payload && message.attachments.length === 0;
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
          data-revoked={(revoked && !gone) || undefined}
        >
          {revoked && !gone && <Revoked message={message} />}
          {!gone && isForwarded(message) && <Forwarded message={message} />}
          {message.reply_to && !gone && <Quote message={message} contactName={contactName} />}
          {album ? (
            <AlbumContent messages={item.messages} meta={(one) => <Meta message={one} note={false} />} />
          ) : gone ? (
            <Revoked message={message} meta={<Meta message={message} note={false} />} />
          ) : (
            <Content message={message} meta={<Meta message={message} note={note} />} />
          )}
          {reactions.length > 0 && (
            <Reactions message={message} reactions={reactions} channelId={channelId} contactName={contactName} />
          )}
        </div>
        {!revoked && !failed && <Actions message={message} channelId={channelId} />}
      </div>
      {failed && <FailedNote message={message} />}
      {message.status === 'unknown' && <UnknownNote message={message} />}
    </article>
  );
}

const isForwarded = ({ context }: Message): boolean => {
  const { forwarded, often_forwarded } = readContext(context);
  return Boolean(forwarded || often_forwarded);
};

const marksOf = (message: Message) => ({
  'data-testid': 'message',
  'data-id': message.id,
  'data-seq': message.seq,
  'data-client-id': message.client_id ?? undefined,
  'data-direction': message.direction,
  'data-status': message.status ?? undefined,
  'data-type': message.type,
});

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
