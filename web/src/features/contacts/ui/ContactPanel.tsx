import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Contact, Conversation, Id } from '@/shared/api/types';
import { useNow } from '@/shared/format/now';
import { listTime, shortDate } from '@/shared/format/time';
import { currentLocale } from '@/shared/i18n/i18n';
import { useKeys } from '@/shared/keys/useKeys';
import { onBatches } from '@/shared/realtime/socket';
import { Avatar } from '@/shared/ui/Avatar';
import { ChannelMark } from '@/shared/ui/ChannelMark';
import { Chip } from '@/shared/ui/Chip';
import { IconChevronLeft, IconChevronRight, IconX } from '@/shared/ui/icons';
import { Phone } from '@/shared/ui/Phone';
import { ErrorBar, SkeletonRows, useSlow } from '@/shared/ui/states';
import { contactKey, readContact } from '../api';
import classes from './ContactPanel.module.css';
import { FieldsSection } from './FieldsSection';
import { FirstTouchLine } from './FirstTouchLine';
import { MediaSection } from './MediaSection';
import { NameEditor } from './NameEditor';
import { NotesSection } from './NotesSection';
import { Section } from './Section';
import '../texts';

interface Props {
  row: Conversation;
  /** Tags belong to the conversation, so their section comes from there. */
  tags: ReactNode;
  mode: 'pane' | 'drawer' | 'page';
  onClose: () => void;
  onOpenConversation: (id: Id) => void;
}

export default function ContactPanel({ row, tags, mode, onClose, onOpenConversation }: Props) {
  const { t } = useTranslation('contacts');
  const { id } = row.contact;
  const contact = useQuery({ queryKey: contactKey(id), queryFn: () => readContact(id) });
  useFreshContact(id, row.id);
  useKeys([{ keys: 'Escape', run: onClose }], mode !== 'pane');

  return (
    <aside className={classes.panel} data-mode={mode} data-testid="contact-panel" aria-label={t('panel')}>
      <button type="button" className={classes.close} onClick={onClose} aria-label={mode === 'page' ? t('back') : t('close')}>
        {mode === 'page' ? (
          <IconChevronLeft size={22} stroke={1.8} aria-hidden="true" />
        ) : (
          <IconX size={18} stroke={1.6} aria-hidden="true" />
        )}
      </button>
      <div className={classes.head}>
        <Avatar id={id} name={row.contact.name} size={56} />
        <div className={classes.who}>
          <NameEditor id={id} name={row.contact.name} />
          <p className={classes.meta}>
            {[
              contact.data?.language && languageName(contact.data.language),
              contact.data && t('since', { date: shortDate(contact.data.created_at) }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </p>
        </div>
      </div>
      {contact.isError && <ErrorBar onRetry={() => void contact.refetch()}>{t('failed')}</ErrorBar>}
      {contact.data && contact.data.identities.length > 0 && (
        <Section title={t('identities')}>
          <Identities contact={contact.data} currentChannelId={row.channel.id} />
        </Section>
      )}
      {contact.isPending && !row.contact.phone && <SlowRows />}
      {!contact.data && row.contact.phone && (
        <Section title={t('identities')}>
          <p className={classes.line}>
            <Phone value={row.contact.phone} />
          </p>
        </Section>
      )}
      {contact.data?.first_touch && (
        <Section title={t('first.title')}>
          <FirstTouchLine touch={contact.data.first_touch} />
        </Section>
      )}
      <Section title={t('tags')}>{tags}</Section>
      {contact.data && <FieldsSection contact={contact.data} />}
      <NotesSection contactId={id} inTalks={contact.data?.notes} />
      <Section title={t('files.title')}>
        <MediaSection contactId={id} />
      </Section>
      <Others
        conversations={contact.data?.conversations.filter((other) => other.id !== row.id) ?? []}
        onOpen={onOpenConversation}
      />
    </aside>
  );
}

function SlowRows() {
  const { t } = useTranslation('contacts');
  return useSlow() ? (
    <div role="status" aria-label={t('loading')}>
      <SkeletonRows count={2} />
    </div>
  ) : null;
}

/** Asks again when something of this person changed: a note, a new conversation, a name. */
function useFreshContact(contactId: Id, conversationId: Id): void {
  const queries = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onBatches((batches) => {
      const touched = batches.some(
        (batch) =>
          batch.conversations.some((row) => row.contact.id === contactId) ||
          batch.messages.some((message) => message.conversation_id === conversationId && message.type === 'note'),
      );
      if (!touched || timer) return;
      timer = setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: contactKey(contactId) });
      }, 1000);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [contactId, conversationId, queries]);
}

function Identities({ contact, currentChannelId }: { contact: Contact; currentChannelId: Id }) {
  const { t } = useTranslation('contacts');
  const now = useNow(60_000);
  return (
    <ul className={classes.list}>
      {contact.identities.map((identity) => (
        <li key={identity.id}>
          <ChannelMark kind={identity.channel.kind} size={20} />
          <span className={classes.text}>
            {/* A phone reads from left to right, a user name as it is written. */}
            {identity.display.startsWith('@') ? <bdi dir="auto">{identity.display}</bdi> : <Phone value={identity.display} />}
            <span>
              {identity.last_inbound_at
                ? t('lastMessage', {
                    channel: identity.channel.name,
                    time: listTime(identity.last_inbound_at, now, t('yesterday')),
                  })
                : identity.channel.name}
            </span>
          </span>
          {identity.channel.id === currentChannelId && <Chip tone="accent">{t('thisChat')}</Chip>}
        </li>
      ))}
    </ul>
  );
}

function Others({ conversations, onOpen }: { conversations: Conversation[]; onOpen: (id: Id) => void }) {
  const { t } = useTranslation('contacts');
  const now = useNow(60_000);
  if (conversations.length === 0) return null;
  return (
    <Section title={t('others')}>
      <ul className={classes.list}>
        {conversations.map((other) => (
          <li key={other.id}>
            <button type="button" onClick={() => onOpen(other.id)}>
              <ChannelMark kind={other.channel.kind} size={20} />
              <span className={classes.text}>
                <span dir="auto">{other.preview || t('noText')}</span>
                <span>
                  {[
                    other.last_message_at && listTime(other.last_message_at, now, t('yesterday')),
                    t(`status.${other.status}`),
                    other.assignee?.name,
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
              </span>
              <IconChevronRight size={16} stroke={1.6} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function languageName(code: string): string {
  try {
    const name = new Intl.DisplayNames([currentLocale()], { type: 'language' }).of(code) ?? code;
    return name.charAt(0).toLocaleUpperCase(currentLocale()) + name.slice(1);
  } catch {
    return code; // Not a language tag that the browser knows.
  }
}
