import { type ReactNode, use } from 'react';
import { useTranslation } from 'react-i18next';
import { readTemplate } from '@/shared/api/payloads';
import type { Message } from '@/shared/api/types';
import { IconLock, IconTemplate } from '@/shared/ui/icons';
import type { ThreadItem } from '../../model/threadItems';
import { Content } from './content/Content';
import { FailedNote, UnknownNote } from './Failed';
import { JumpContext } from './jump';
import classes from './MessageLine.module.css';
import { Meta } from './Meta';

interface Props {
  item: Extract<ThreadItem, { kind: 'message' }>;
  contactName: string;
}

export function MessageLine({ item, contactName }: Props) {
  const { t } = useTranslation('conversations');
  const { message, first, reactions } = item;
  const note = message.type === 'note';
  const side = message.direction === 'inbound' ? 'in' : 'out';
  const failed = message.status === 'failed';
  const author = message.author.name ?? (side === 'in' ? contactName : '');
  return (
    <article
      className={classes.line}
      data-side={side}
      data-first={first || undefined}
      data-testid="message"
      data-id={message.id}
      data-client-id={message.client_id ?? undefined}
      data-direction={message.direction}
      data-status={message.status ?? undefined}
      data-type={message.type}
      aria-label={note ? t('note.by', { name: author }) : side === 'in' ? author : t('meta.sentBy', { name: author })}
    >
      {first && <Heading message={message} />}
      <div
        className={classes.bubble}
        data-kind={note ? 'note' : failed ? 'failed' : side}
        data-bare={message.type === 'sticker' || undefined}
      >
        {message.reply_to && <Quote reply={message.reply_to} contactName={contactName} />}
        <Content message={message} meta={<Meta message={message} note={note} />} />
        {reactions.length > 0 && (
          <span className={classes.reactions}>
            {reactions.map(({ emoji, author: by }) => (
              <span key={`${emoji} ${by}`} title={by ?? undefined}>
                {emoji} <span dir="auto">{by?.split(' ')[0]}</span>
              </span>
            ))}
          </span>
        )}
      </div>
      {failed && <FailedNote message={message} />}
      {message.status === 'unknown' && <UnknownNote />}
    </article>
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
    const { name } = readTemplate(message.payload);
    return (
      <p className={classes.heading}>
        <IconTemplate size={14} stroke={1.6} aria-hidden="true" />
        {name ? t('template.named', { name }) : t('type.template')}
      </p>
    );
  }
  return null;
}

function Quote({ reply, contactName }: { reply: NonNullable<Message['reply_to']>; contactName: string }) {
  const { t } = useTranslation('conversations');
  const jump = use(JumpContext);
  const author = quotedName(reply.author) ?? contactName;
  return (
    <button type="button" className={classes.quote} onClick={() => jump(reply.id)} data-tip={t('thread.jumpTo')}>
      <strong dir="auto">{author}</strong>
      <span dir="auto">{reply.text || t(`type.${reply.type}`)}</span>
    </button>
  );
}

function quotedName(author: unknown): string | null {
  if (typeof author === 'string') return author;
  if (author !== null && typeof author === 'object' && 'name' in author && typeof author.name === 'string') return author.name;
  return null;
}
