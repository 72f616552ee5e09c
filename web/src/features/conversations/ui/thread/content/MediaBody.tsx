import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachment, MessageType } from '@/shared/api/types';
import { fileSize } from '@/shared/format/text';
import { currentLocale } from '@/shared/i18n/i18n';
import { AudioPlayer } from '@/shared/media/AudioPlayer';
import { openLightbox } from '@/shared/media/lightbox';
import { IconDownload, IconFileText, IconMicrophone, IconPhoto, IconVideo } from '@/shared/ui/icons';
import classes from './content.module.css';
import { Marked, TextBody } from './TextBody';

interface Props {
  attachments: Attachment[];
  caption: string | null;
  meta: ReactNode;
  type?: MessageType;
}

export function MediaBody({ attachments, caption, meta, type }: Props) {
  const { t } = useTranslation('conversations');
  const [attachment] = attachments;
  if (!attachment) return <TextBody text={caption || t('media.missing')} meta={meta} />;
  const picture = attachment.kind === 'image' || attachment.kind === 'sticker';
  // A picture without words carries its time on itself.
  const over = picture && !caption && attachment.state === 'stored' && type !== 'sticker';
  return (
    <div className={classes.media} data-over={over || undefined}>
      <Body attachment={attachment} sticker={type === 'sticker'} />
      {caption ? (
        <div className={classes.caption} dir="auto">
          <Marked text={caption} />
          <span className={classes.spacer} aria-hidden="true">
            {meta}
          </span>
          <span className={classes.meta}>
            <span dir="ltr">{meta}</span>
          </span>
        </div>
      ) : (
        <div className={classes.foot}>{meta}</div>
      )}
    </div>
  );
}

function Body({ attachment, sticker }: { attachment: Attachment; sticker: boolean }) {
  const { t } = useTranslation('conversations');
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
          aria-label={t('media.enlarge', { name: name ?? t('type.image') })}
          onClick={() => openLightbox({ url, name })}
        >
          {url && <img src={url} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />}
        </button>
      );
    case 'sticker':
      return (
        <img
          className={classes.sticker}
          src={url}
          alt={t('type.sticker')}
          data-plain={sticker || undefined}
          onError={() => setBroken(true)}
        />
      );
    case 'video':
      return (
        // biome-ignore lint/a11y/useMediaCaption: customers send videos without a caption track
        <video
          className={classes.video}
          src={url}
          controls
          preload="metadata"
          aria-label={name ?? t('type.video')}
          onError={() => setBroken(true)}
        />
      );
    case 'audio':
      return (
        <AudioPlayer
          id={attachment.id}
          url={url}
          label={attachment.voice ? t('media.voice') : (name ?? t('type.audio'))}
          onBroken={() => setBroken(true)}
        />
      );
    case 'document':
      return <FileLink attachment={attachment} />;
  }
}

const ICONS = { image: IconPhoto, sticker: IconPhoto, video: IconVideo, audio: IconMicrophone, document: IconFileText };

function FileLink({ attachment, hint }: { attachment: Attachment; hint?: string }) {
  const { t } = useTranslation('conversations');
  const { url, name, kind } = attachment;
  const Icon = ICONS[kind];
  return (
    <a className={classes.file} href={downloadUrl(url)} download={name ?? true} target="_blank" rel="noopener">
      <span className={classes.fileIcon}>
        <Icon size={20} stroke={1.5} aria-hidden="true" />
      </span>
      <span className={classes.fileText}>
        <strong dir="auto">{name ?? t(`type.${kind}`)}</strong>
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
  const { t } = useTranslation('conversations');
  const gone = attachment.state !== 'pending';
  const Icon = ICONS[attachment.kind];
  return (
    <div className={classes.file} data-state={gone ? 'failed' : 'pending'} role="status">
      <span className={classes.fileIcon}>
        <Icon size={20} stroke={1.5} aria-hidden="true" />
      </span>
      <span className={classes.fileText}>
        <strong dir="auto">{attachment.name ?? t(`type.${attachment.kind}`)}</strong>
        <span>{t(`media.${attachment.state === 'stored' ? 'pending' : attachment.state}`)}</span>
      </span>
    </div>
  );
}

const downloadUrl = (url: string) => (url.startsWith('blob:') ? url : `${url}${url.includes('?') ? '&' : '?'}download=1`);

function describe({ mime, size, name }: Attachment): string {
  const ending = name?.includes('.') ? (name.split('.').pop() ?? '') : (mime.split('/')[1] ?? '');
  return [ending.toUpperCase(), size === null ? '' : fileSize(size, currentLocale())].filter(Boolean).join(' · ');
}
