import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachment, Message } from '@/shared/api/types';
import { playTime } from '@/shared/format/text';
import { failedBefore } from '@/shared/media/failedBefore';
import { openThreadMedia } from '@/shared/media/lightbox';
import { IconPlayerPlayFilled } from '@/shared/ui/icons';
import classes from './Album.module.css';
import { FetchAgain } from './FetchAgain';
import { ICONS } from './MediaBody';
import { Marked } from './TextBody';

const SHOWN = 6;

/** Pictures and films that were sent together, as one grid; each keeps its own time, ticks and words. */
export function Album({ messages, meta }: { messages: Message[]; meta: (message: Message) => ReactNode }) {
  const { t } = useTranslation('thread');
  const shown = messages.slice(0, SHOWN);
  const hidden = messages.length - shown.length;
  const described = messages.filter((message) => message.text);
  const [only] = described.length === 1 ? described : [];
  return (
    <div className={classes.album}>
      <div
        className={classes.grid}
        data-count={shown.length}
        role="group"
        aria-label={t('album.label', { count: messages.length })}
      >
        {shown.map((message, index) => (
          <Tile
            key={message.client_id ?? message.id}
            message={message}
            more={index === SHOWN - 1 ? hidden : 0}
            meta={only ? null : meta(message)}
            words={only ? null : message.text}
          />
        ))}
      </div>
      {only && (
        <div className={classes.caption} dir="auto">
          <span>
            <Marked text={only.text ?? ''} />
          </span>
          <span className={classes.captionMeta} dir="ltr">
            {meta(messages.at(-1) ?? only)}
          </span>
        </div>
      )}
    </div>
  );
}

interface TileProps {
  message: Message;
  more: number;
  meta: ReactNode;
  words: string | null;
}

function Tile({ message, more, meta, words }: TileProps) {
  const { t } = useTranslation('thread');
  const { t: word } = useTranslation('conversations');
  const [broken, setBroken] = useState(false);
  const [attachment] = message.attachments;
  if (!attachment) return null;
  const film = attachment.kind === 'video';
  const name = words ?? attachment.name ?? word(`type.${attachment.kind}`);
  const source = attachment.thumbnail_url ?? (film ? null : attachment.url);
  return (
    <div
      className={classes.tile}
      data-testid="message"
      data-id={message.id}
      data-seq={message.seq}
      data-client-id={message.client_id ?? undefined}
      data-direction={message.direction}
      data-status={message.status ?? undefined}
      data-type={message.type}
    >
      {attachment.state === 'pending' ? (
        <Coming attachment={attachment} />
      ) : (
        <button
          type="button"
          className={classes.open}
          aria-label={
            more > 0 ? t('album.more', { count: more + 1 }) : film ? t('media.play', { name }) : t('media.enlarge', { name })
          }
          onClick={() => openThreadMedia(attachment)}
        >
          {source && !broken ? (
            <img
              ref={failedBefore(() => setBroken(true))}
              src={source}
              alt=""
              loading="lazy"
              decoding="async"
              onError={() => setBroken(true)}
            />
          ) : film ? (
            <video src={`${attachment.url}#t=0.1`} preload="metadata" muted playsInline tabIndex={-1} />
          ) : null}
          {film && more === 0 && (
            <span className={classes.play}>
              <IconPlayerPlayFilled size={16} aria-hidden="true" />
              {attachment.duration_s ? <span>{playTime(attachment.duration_s)}</span> : null}
            </span>
          )}
        </button>
      )}
      {more > 0 && <span className={classes.more}>+{more}</span>}
      {more === 0 && (meta || words) && (
        <span className={classes.foot}>
          {words && <span dir="auto">{words}</span>}
          {meta && <span dir="ltr">{meta}</span>}
        </span>
      )}
    </div>
  );
}

/** Still on its way: its place is kept, so that nothing moves when it comes. */
function Coming({ attachment }: { attachment: Attachment }) {
  const { t } = useTranslation('thread');
  const Icon = ICONS[attachment.kind];
  return (
    <div className={classes.coming}>
      <Icon size={20} stroke={1.5} aria-hidden="true" />
      <span role="status">{t('media.pending')}</span>
      <FetchAgain attachment={attachment} bare />
    </div>
  );
}
