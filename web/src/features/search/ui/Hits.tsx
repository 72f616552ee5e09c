import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { phoneText } from '@/shared/format/text';
import { listTime } from '@/shared/format/time';
import { useSession } from '@/shared/session/session';
import { Avatar } from '@/shared/ui/Avatar';
import { Chip } from '@/shared/ui/Chip';
import { IconNote, IconPaperclip } from '@/shared/ui/icons';
import type { ContactHit, MessageHit } from '../api';
import classes from './Hits.module.css';
import { Marked } from './Marked';

interface Props<Hit> {
  hit: Hit;
  now: number;
  onOpen: () => void;
}

/** A message or a note: it leads to its place in the thread. */
export function MessageRow({ hit, now, onOpen }: Props<MessageHit>) {
  const { t } = useTranslation('search');
  const { t: shared } = useTranslation('conversations');
  const { contact, conversation, snippet } = hit;
  return (
    <Link
      to="/inbox/$view/$conversationId"
      params={{ view: 'all', conversationId: conversation.id }}
      search={{ message: hit.id, at: hit.seq }}
      className={classes.hit}
      data-testid="search-hit"
      data-kind={hit.kind}
      onClick={onOpen}
    >
      <Avatar id={contact.id} name={contact.name} size={32} channelKind={conversation.channel.kind} />
      <span className={classes.lines}>
        <span className={classes.top}>
          <bdi className={classes.name}>{contact.name}</bdi>
          {hit.kind === 'note' && <Chip icon={<IconNote size={12} stroke={1.8} aria-hidden="true" />}>{t('note')}</Chip>}
          <time className={classes.time} dateTime={hit.created_at}>
            {listTime(hit.created_at, now, shared('yesterday'))}
          </time>
        </span>
        <span className={classes.snippet} dir="auto">
          <Writer hit={hit} />
          {snippet.field === 'file' && <IconPaperclip size={13} stroke={1.6} aria-label={t('file')} />}
          {snippet.at > 0 && '… '}
          <Marked text={snippet.text} ranges={snippet.ranges} />
          {snippet.at + Array.from(snippet.text).length < snippet.whole && ' …'}
        </span>
        <Place conversation={conversation} />
      </span>
    </Link>
  );
}

function Writer({ hit }: { hit: MessageHit }) {
  const { t } = useTranslation('search');
  const me = useSession((state) => state.session?.user.id);
  const { kind, id, name } = hit.author;
  if (kind === 'contact') return null;
  const who = kind === 'user' ? (id === me ? t('you') : (name ?? t('deletedUser'))) : t(`author.${kind}`);
  return (
    <span className={classes.writer}>
      <bdi>{who}</bdi>:{' '}
    </span>
  );
}

function Place({ conversation }: { conversation: NonNullable<ContactHit['conversation']> }) {
  const { t } = useTranslation('search');
  const { channel, number, status, assignee, team } = conversation;
  const said = [t('number', { number }), channel.name, assignee?.name ?? team?.name, t(`conversation.${status}`)];
  return (
    <span className={classes.place}>
      {said
        .filter((one) => one !== undefined)
        .map((one) => (
          <bdi key={one}>{one}</bdi>
        ))}
    </span>
  );
}

/** A person: leads to the newest conversation with them. */
export function ContactRow({ hit, now, onOpen }: Props<ContactHit>) {
  const { t } = useTranslation('search');
  const { t: shared } = useTranslation('conversations');
  const { contact, conversation, snippet } = hit;
  const inside = (
    <>
      <Avatar id={contact.id} name={contact.name} size={32} channelKind={conversation?.channel.kind} />
      <span className={classes.lines}>
        <span className={classes.top}>
          <span className={classes.name}>
            <Marked text={contact.name} ranges={hit.name_ranges} />
          </span>
          {hit.last_message_at && (
            <time className={classes.time} dateTime={hit.last_message_at}>
              {listTime(hit.last_message_at, now, shared('yesterday'))}
            </time>
          )}
        </span>
        {contact.phone && contact.phone !== contact.name && (
          <span className={classes.snippet}>
            <span dir="ltr">
              {hit.phone_ranges.length > 0 ? <Marked text={contact.phone} ranges={hit.phone_ranges} /> : phoneText(contact.phone)}
            </span>
          </span>
        )}
        {snippet && (
          <span className={classes.snippet} dir="auto">
            <span className={classes.writer}>
              {t(snippet.field === 'note' ? 'note' : snippet.field === 'field' ? 'field' : 'identity')}:{' '}
            </span>
            {snippet.at > 0 && '… '}
            <Marked text={snippet.text} ranges={snippet.ranges} />
          </span>
        )}
        {conversation ? <Place conversation={conversation} /> : <span className={classes.place}>{t('noConversation')}</span>}
      </span>
    </>
  );
  if (!conversation)
    return (
      <div className={classes.hit} data-testid="search-hit" data-kind="contact">
        {inside}
      </div>
    );
  return (
    <Link
      to="/inbox/$view/$conversationId"
      params={{ view: 'all', conversationId: conversation.id }}
      search={{}}
      className={classes.hit}
      data-testid="search-hit"
      data-kind="contact"
      onClick={onOpen}
    >
      {inside}
    </Link>
  );
}
