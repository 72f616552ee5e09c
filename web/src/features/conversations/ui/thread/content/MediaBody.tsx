import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachment, MessageType } from '@/shared/api/types';
import { fileSize, playTime } from '@/shared/format/text';
import { currentLocale } from '@/shared/i18n/i18n';
import { AudioPlayer } from '@/shared/media/AudioPlayer';
import { failedBefore } from '@/shared/media/failedBefore';
import { openThreadMedia } from '@/shared/media/lightbox';
import { IconDownload, IconFileText, IconMicrophone, IconPhoto, IconPlayerPlayFilled, IconVideo } from '@/shared/ui/icons';
import classes from './content.module.css';
import { FetchAgain } from './FetchAgain';
import { TextBody } from './TextBody';

interface Props {
  attachments: Attachment[];
  caption: string | null;
  meta: ReactNode;
  type?: MessageType;
}

export function MediaBody({ attachments, caption, meta, type }: Props) {
  const { t } = useTranslation('thread');
  const [attachment] = attachments;
  if (!attachment) return <TextBody text={caption || t('media.missing')} meta={meta} />;
  const picture = attachment.kind === 'image' || attachment.kind === 'sticker';
  // A picture without words carries its time on itself.
  const over = picture && !caption && attachment.state === 'stored' && type !== 'sticker';
  return (
    <div className={classes.media} data-over={over || undefined}>
      <Body attachment={attachment} sticker={type === 'sticker'} />
      {caption ? <TextBody text={caption} meta={meta} className={classes.caption} /> : <div className={classes.foot}>{meta}</div>}
    </div>
  );
}

/** A file by itself: with a template it stands above the words. */
export function Attached({ attachment }: { attachment: Attachment }) {
  return (
    <div className={classes.media}>
      <Body attachment={attachment} sticker={false} />
    </div>
  );
}

function Body({ attachment, sticker }: { attachment: Attachment; sticker: boolean }) {
  const { t } = useTranslation('thread');
  const { t: word } = useTranslation('conversations');
  const [broken, setBroken] = useState(false);
  if (attachment.state !== 'stored') return <Placeholder attachment={attachment} />;
  // It is here, but not in a form that this browser knows: phones record videos that it cannot play.
  if (broken) return <FileLink attachment={attachment} hint={t('media.unplayable')} />;
  const { url, name } = attachment;
  switch (attachment.kind) {
    case 'image':
      return (
        <button
          type="button"
          className={classes.picture}
          aria-label={t('media.enlarge', { name: name ?? word('type.image') })}
          style={frame(attachment)}
          onClick={() => openThreadMedia(attachment)}
        >
          {url && (
            <img
              ref={failedBefore(() => setBroken(true))}
              src={attachment.thumbnail_url ?? url}
              alt=""
              loading="lazy"
              decoding="async"
              onError={() => setBroken(true)}
            />
          )}
        </button>
      );
    case 'sticker':
      return (
        <img
          ref={failedBefore(() => setBroken(true))}
          className={classes.sticker}
          src={url}
          alt={word('type.sticker')}
          data-plain={sticker || undefined}
          onError={() => setBroken(true)}
        />
      );
    case 'video':
      return <Film attachment={attachment} onBroken={() => setBroken(true)} />;
    case 'audio':
      return (
        <AudioPlayer
          id={attachment.id}
          url={url}
          label={attachment.voice ? t('media.voice') : (name ?? word('type.audio'))}
          waveform={attachment.waveform ?? null}
          length={attachment.duration_s ?? null}
          onBroken={() => setBroken(true)}
        />
      );
    case 'document':
      return <FileLink attachment={attachment} />;
  }
}

/** The place of a picture before it is there: nothing below it moves when it comes. */
const frame = ({ width, height }: Attachment) => (width && height ? { aspectRatio: `${width} / ${height}` } : undefined);

/** Nothing of a film is fetched before somebody wants to see it, when the server has made a poster. */
function Film({ attachment, onBroken }: { attachment: Attachment; onBroken: () => void }) {
  const { t } = useTranslation('thread');
  const { t: word } = useTranslation('conversations');
  const [asked, setAsked] = useState(!attachment.thumbnail_url);
  const name = attachment.name ?? word('type.video');
  if (!asked) {
    return (
      <button
        type="button"
        className={classes.picture}
        aria-label={t('media.play', { name })}
        style={frame(attachment)}
        onClick={() => setAsked(true)}
      >
        <img src={attachment.thumbnail_url ?? undefined} alt="" loading="lazy" decoding="async" />
        <span className={classes.play}>
          <IconPlayerPlayFilled size={20} aria-hidden="true" />
        </span>
        {attachment.duration_s ? <span className={classes.length}>{playTime(attachment.duration_s)}</span> : null}
      </button>
    );
  }
  return (
    // biome-ignore lint/a11y/useMediaCaption: customers send videos without a caption track
    <video
      ref={failedBefore(onBroken)}
      className={classes.video}
      style={frame(attachment)}
      src={attachment.url}
      poster={attachment.thumbnail_url ?? undefined}
      controls
      autoPlay={!!attachment.thumbnail_url}
      preload="metadata"
      aria-label={name}
      onError={onBroken}
    />
  );
}

export const ICONS = { image: IconPhoto, sticker: IconPhoto, video: IconVideo, audio: IconMicrophone, document: IconFileText };

function FileLink({ attachment, hint }: { attachment: Attachment; hint?: string }) {
  const { t } = useTranslation('thread');
  const { t: word } = useTranslation('conversations');
  const { url, name, kind } = attachment;
  const Icon = ICONS[kind];
  return (
    <a className={classes.file} href={downloadUrl(url)} download={name ?? true} target="_blank" rel="noopener">
      <span className={classes.fileIcon}>
        <Icon size={20} stroke={1.5} aria-hidden="true" />
      </span>
      <span className={classes.fileText}>
        <strong dir="auto">{name ?? word(`type.${kind}`)}</strong>
        {hint && <span>{hint}</span>}
        <span>{describe(attachment)}</span>
      </span>
      <IconDownload size={18} stroke={1.6} aria-hidden="true" />
      <span className="visually-hidden">{t('media.download')}</span>
    </a>
  );
}

/** Not here yet, or never: says which, and keeps what is known of it. */
function Placeholder({ attachment }: { attachment: Attachment }) {
  const { t } = useTranslation('thread');
  const { t: word } = useTranslation('conversations');
  const gone = attachment.state !== 'pending';
  const Icon = ICONS[attachment.kind];
  return (
    <div className={classes.file} data-state={gone ? 'failed' : 'pending'}>
      <span className={classes.fileIcon}>
        <Icon size={20} stroke={1.5} aria-hidden="true" />
      </span>
      <span className={classes.fileText}>
        <strong dir="auto">{attachment.name ?? word(`type.${attachment.kind}`)}</strong>
        <span role="status">{t(`media.${attachment.state === 'stored' ? 'pending' : attachment.state}`)}</span>
        <FetchAgain attachment={attachment} />
      </span>
    </div>
  );
}

const downloadUrl = (url: string) => (url.startsWith('blob:') ? url : `${url}${url.includes('?') ? '&' : '?'}download=1`);

function describe({ mime, size, name }: Attachment): string {
  const ending = name?.includes('.') ? (name.split('.').pop() ?? '') : (mime.split('/')[1] ?? '');
  return [ending.toUpperCase(), size === null ? '' : fileSize(size, currentLocale())].filter(Boolean).join(' · ');
}
