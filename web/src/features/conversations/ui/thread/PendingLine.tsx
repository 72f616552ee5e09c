import { useTranslation } from 'react-i18next';
import type { Attachment, Message } from '@/shared/api/types';
import { clock } from '@/shared/format/time';
import { useObjectUrl } from '@/shared/media/useObjectUrl';
import { discardItem, type OutboxItem, resendItem } from '@/shared/offline/outbox';
import { useUploads } from '@/shared/offline/uploads';
import { IconLock } from '@/shared/ui/icons';
import { errorText } from '@/shared/ui/showError';
import { Ticks } from '@/shared/ui/Ticks';
import { wishTemplate } from '../../model/templateSlot';
import { Content, FailedActions, PendingContent } from './content/Content';
import { TextBody } from './content/TextBody';
import line from './MessageLine.module.css';
import meta from './Meta.module.css';

/** A message that the server has not confirmed: it looks like the one it will become. */
export function PendingLine({ item, first }: { item: OutboxItem; first: boolean }) {
  const { t } = useTranslation('conversations');
  const failed = item.state === 'failed';
  const note = item.type === 'note';
  const share = useUploads((state) => (item.media ? state[item.media.localId] : undefined));
  const end = (
    <span className={meta.meta}>
      {item.media && share !== undefined && share < 1 && <span>{t('tray.progress', { percent: Math.round(share * 100) })}</span>}
      <time dateTime={item.createdAt}>{clock(item.createdAt)}</time>
      {!failed && !note && <Ticks status="queued" />}
    </span>
  );
  return (
    <article
      className={line.line}
      data-side="out"
      data-first={first || undefined}
      data-testid="message"
      data-client-id={item.clientId}
      data-direction={note ? 'internal' : 'outbound'}
      data-status={failed ? 'failed' : 'queued'}
      data-type={item.media?.kind ?? item.type}
    >
      {note && first && (
        <p className={line.heading} data-tone="note">
          <IconLock size={13} stroke={1.8} aria-hidden="true" />
          {t('note.heading')}
        </p>
      )}
      <div className={line.bubble} data-kind={failed ? 'failed' : note ? 'note' : 'out'}>
        {item.media ? (
          <PendingMedia item={item} end={end} />
        ) : item.body ? (
          <Content message={asMessage(item, item.body.type)} meta={end} />
        ) : (
          <TextBody text={item.text} meta={end} />
        )}
      </div>
      {failed && (
        <FailedActions
          reason={item.error ? errorText(item.error.code, item.error.message, item.error.params) : null}
          onTemplate={
            item.error?.code === 'window_closed' && item.type !== 'note' ? () => wishTemplate(item.conversationId) : undefined
          }
          onResend={() => void resendItem(item.clientId)}
          onDiscard={() => void discardItem(item.clientId)}
        />
      )}
    </article>
  );
}

function PendingMedia({ item, end }: { item: OutboxItem; end: React.ReactNode }) {
  const { media } = item;
  const url = useObjectUrl(media?.blob);
  if (!media) return null;
  const attachment: Attachment = {
    id: media.localId,
    kind: media.kind,
    mime: media.mime,
    size: media.size,
    name: media.name,
    url: url ?? '',
    state: 'stored',
    voice: media.voice !== undefined,
    width: null,
    height: null,
    duration_s: media.voice?.duration ?? null,
    waveform: media.voice?.peaks ?? null,
    thumbnail_url: null,
    poster: null,
  };
  return <PendingContent attachments={[attachment]} caption={item.text || null} meta={end} />;
}

/** The message that the server will make of it, as far as its bubble needs it. */
function asMessage(item: OutboxItem, type: Message['type']): Message {
  return {
    id: item.clientId,
    conversation_id: item.conversationId,
    seq: 0,
    direction: 'outbound',
    type,
    text: item.text || null,
    status: 'queued',
    error: null,
    author: { kind: 'user', id: null, name: null },
    attachments: [],
    payload: item.payload ?? null,
    context: null,
    edited_at: null,
    revoked_at: null,
    reply_to: null,
    client_id: item.clientId,
    provider_at: null,
    created_at: item.createdAt,
    sent_at: null,
    delivered_at: null,
    read_at: null,
    dismissed: false,
    version: 0,
  };
}
