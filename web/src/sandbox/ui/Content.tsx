import type { ReactNode } from 'react';
import { fileSize } from '@/shared/format/text';
import { api } from '../api';
import { useLocale, useT } from '../i18n';
import { IconBan, IconFileText, IconForms, IconMapPin, IconSpeakerphone, IconUser } from '../icons';
import { bag, list, type Shown, text } from '../thread';
import classes from './Bubble.module.css';
import { Marked } from './Marked';

/** What is inside a bubble, for each kind as a phone draws it. */
export function Content({ message }: { message: Shown }): ReactNode {
  const t = useT();
  const content = bag(message.content);
  if (message.revoked)
    return (
      <p className={classes.words} data-faded>
        <IconBan size={15} stroke={1.6} aria-hidden="true" /> {t(message.direction === 'customer' ? 'youDeleted' : 'deleted')}
      </p>
    );
  switch (message.type) {
    case 'text':
      return <Marked>{text(content.body)}</Marked>;
    case 'image':
    case 'sticker':
    case 'video':
    case 'audio':
    case 'document':
      return (
        <>
          <File message={message} />
          {text(content.caption) && <Marked>{text(content.caption)}</Marked>}
        </>
      );
    case 'location':
      return <Place location={content} />;
    case 'contacts':
      return list(message.content).map((one) => <Card key={text(bag(one.name).formatted_name)} contact={one} />);
    case 'interactive':
      return <Interactive message={message} />;
    case 'button':
      return <Marked>{text(content.text)}</Marked>;
    case 'template':
      return <Template message={message} />;
    default:
      return (
        <p className={classes.words} data-faded>
          {t('unsupported', { type: message.type })}
        </p>
      );
  }
}

export function AdCard({ referral }: { referral: Record<string, unknown> }) {
  const t = useT();
  return (
    <div className={classes.ad}>
      <span className={classes.adMark}>
        <IconSpeakerphone size={19} stroke={1.5} aria-hidden="true" />
      </span>
      <span>
        <b>{text(referral.headline) || t('advertisement')}</b>
        <small>{text(referral.body) || t('advertisement')}</small>
      </span>
    </div>
  );
}

function Place({ location }: { location: Record<string, unknown> }) {
  const t = useT();
  const spot = `${location.latitude}, ${location.longitude}`;
  return (
    <div className={classes.place}>
      <span className={classes.map} aria-hidden="true">
        <IconMapPin size={28} stroke={1.6} />
      </span>
      <b>{text(location.name) || t('location')}</b>
      <small>{text(location.address) || <bdi dir="ltr">{spot}</bdi>}</small>
    </div>
  );
}

function Card({ contact }: { contact: Record<string, unknown> }) {
  return (
    <div className={classes.card}>
      <span className={classes.cardMark}>
        <IconUser size={20} stroke={1.5} aria-hidden="true" />
      </span>
      <span>
        <b>{text(bag(contact.name).formatted_name)}</b>
        {list(contact.phones).map((phone) => (
          <small key={text(phone.phone)}>
            <bdi dir="ltr">{text(phone.phone)}</bdi>
          </small>
        ))}
      </span>
    </div>
  );
}

function File({ message }: { message: Shown }) {
  const t = useT();
  const { locale } = useLocale();
  const media = message.media;
  if (!media)
    return (
      <p className={classes.words} data-faded>
        {message.status === 'accepted' ? t('fileComing') : t('fileGone')}
      </p>
    );
  const url = api.mediaUrl(media.id);
  if (message.type === 'image' || message.type === 'sticker')
    return (
      <a
        href={url}
        target="_blank"
        rel="noreferrer"
        className={classes.picture}
        data-sticker={message.type === 'sticker' || undefined}
      >
        <img src={url} alt={text(bag(message.content).caption) || t(message.type === 'sticker' ? 'sticker' : 'picture')} />
      </a>
    );
  if (message.type === 'video')
    // biome-ignore lint/a11y/useMediaCaption: a customer's clip has no captions
    return <video className={classes.video} src={url} controls preload="metadata" />;
  if (message.type === 'audio')
    // biome-ignore lint/a11y/useMediaCaption: a customer's clip has no captions
    return <audio className={classes.audio} src={url} controls preload="metadata" aria-label={t('voiceNote')} />;
  return (
    <a className={classes.card} href={url} target="_blank" rel="noreferrer">
      <IconFileText size={22} stroke={1.5} aria-hidden="true" />
      <span>
        <b>{text(bag(message.content).filename) || media.filename || t('preview_document')}</b>
        <small>{fileSize(media.size, locale)}</small>
      </span>
    </a>
  );
}

function Interactive({ message }: { message: Shown }) {
  const t = useT();
  const content = bag(message.content);
  const chosen = bag(content.button_reply ?? content.list_reply);
  if (text(chosen.title))
    return (
      <>
        <Marked>{text(chosen.title)}</Marked>
        {text(chosen.description) && <p className={classes.footer}>{text(chosen.description)}</p>}
      </>
    );
  if (content.nfm_reply) return <FormAnswer reply={bag(content.nfm_reply)} />;
  return (
    <>
      <Header header={bag(content.header)} message={message} />
      <Marked>{text(bag(content.body).text) || t('preview_interactive')}</Marked>
      {text(bag(content.footer).text) && <p className={classes.footer}>{text(bag(content.footer).text)}</p>}
    </>
  );
}

function FormAnswer({ reply }: { reply: Record<string, unknown> }) {
  const t = useT();
  let fields: [string, unknown][] = [];
  try {
    fields = Object.entries(bag(JSON.parse(text(reply.response_json)))).filter(([name]) => name !== 'flow_token');
  } catch {
    // Broken JSON is one of the things that are tried here: the form is shown without its fields.
  }
  return (
    <>
      <p className={classes.title}>
        <IconForms size={16} stroke={1.6} aria-hidden="true" /> {t('formAnswered')}
      </p>
      {fields.map(([name, value]) => (
        <p key={name} className={classes.footer}>
          {name}: {String(value)}
        </p>
      ))}
    </>
  );
}

function Header({ header, message }: { header: Record<string, unknown>; message: Shown }) {
  const kind = String(header.type ?? header.format ?? '').toLowerCase();
  if (kind === 'location') return <Place location={bag(header.location)} />;
  if (['image', 'video', 'document'].includes(kind)) return <File message={{ ...message, type: kind }} />;
  return text(header.text) ? <p className={classes.title}>{text(header.text)}</p> : null;
}

/** Filled in by the sandbox from what was approved; a send of before that has only its name and values. */
function Template({ message }: { message: Shown }) {
  const t = useT();
  const content = bag(message.content);
  const shown = bag(content.shown);
  if (text(shown.body))
    return (
      <>
        <Header header={bag(shown.header)} message={message} />
        <Marked>{text(shown.body)}</Marked>
        {text(shown.footer) && <p className={classes.footer}>{text(shown.footer)}</p>}
      </>
    );
  const values = list(content.components)
    .flatMap((component) => list(component.parameters))
    .map((parameter) => text(parameter.text))
    .filter(Boolean);
  return (
    <>
      <p className={classes.title}>{t('template', { name: text(content.name) })}</p>
      {values.length > 0 && <Marked>{values.join(' · ')}</Marked>}
    </>
  );
}
