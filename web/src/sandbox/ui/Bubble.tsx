import type { ReactNode } from 'react';
import { fileSize } from '@/shared/format/text';
import { api } from '../api';
import { type Key, type Translate, useLocale, useT } from '../i18n';
import { IconAlertCircle, IconCheck, IconChecks, IconClock, IconFileText, IconMapPin } from '../icons';
import { guarded, usePage } from '../store';
import type { Message, Status } from '../types';
import classes from './Bubble.module.css';

type Bag = Record<string, unknown>;
const bag = (value: unknown): Bag => (typeof value === 'object' && value !== null ? (value as Bag) : {});
const list = (value: unknown): Bag[] => (Array.isArray(value) ? value.map(bag) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export function Bubble({ message, quoted }: { message: Message; quoted: Message | undefined }) {
  const t = useT();
  const { locale } = useLocale();
  const own = message.direction === 'customer';
  const underway = !own && (message.status === 'accepted' || message.status === 'sent');
  const failed = message.status === 'failed';
  const time = new Date(message.at * 1000).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const reactions = [message.reaction.business, message.reaction.customer].filter(Boolean).join('');

  return (
    <article
      className={classes.bubble}
      data-testid="bubble"
      data-direction={message.direction}
      data-status={message.status}
      data-type={message.type}
      data-message={message.id}
      data-underway={underway || undefined}
    >
      {quoted && <blockquote className={classes.quote}>{wordsOf(quoted, t)}</blockquote>}
      <Content message={message} />
      <span className={classes.meta}>
        {underway && <span>{t('notYet')}</span>}
        <time dateTime={new Date(message.at * 1000).toISOString()}>{time}</time>
        {own ? <Ticks status={message.status} t={t} /> : <span className="visually-hidden">{statusWord(message, t)}</span>}
      </span>
      {message.type === 'interactive' && <Choices message={message} />}
      {failed && (
        <p className={classes.failed}>
          <IconAlertCircle size={15} stroke={1.6} aria-hidden="true" />
          {statusWord(message, t)}
        </p>
      )}
      {reactions && <span className={classes.reactions}>{reactions}</span>}
    </article>
  );
}

function statusWord(message: Message, t: Translate): string {
  const error = message.errors?.[0];
  if (message.status === 'failed') return t('status_failed', { code: error?.code ?? '', title: error?.title ?? '' });
  return t(`status_${message.status}`);
}

function Ticks({ status, t }: { status: Status; t: Translate }) {
  const Icon = status === 'accepted' ? IconClock : status === 'sent' ? IconCheck : IconChecks;
  return (
    <span className={classes.ticks} data-status={status} role="img" aria-label={status === 'failed' ? '' : t(`status_${status}`)}>
      <Icon size={16} stroke={1.8} aria-hidden="true" />
    </span>
  );
}

/** The words of a message, for quotes. */
function wordsOf(message: Message, t: Translate): string {
  const content = bag(message.content);
  const words =
    text(content.body) ||
    text(content.caption) ||
    text(bag(content.body).text) ||
    text(bag(content.button_reply).title) ||
    text(bag(content.list_reply).title);
  const kind = `preview_${message.type}` as Key;
  const named: Key[] = ['preview_image', 'preview_video', 'preview_audio', 'preview_document', 'preview_sticker'];
  return words || t(named.includes(kind) ? kind : 'preview_other');
}

function Content({ message }: { message: Message }): ReactNode {
  const t = useT();
  const content = bag(message.content);
  switch (message.type) {
    case 'text':
      return <Words>{text(content.body)}</Words>;
    case 'image':
    case 'sticker':
    case 'video':
    case 'audio':
    case 'document':
      return (
        <>
          <File message={message} />
          {text(content.caption) && <Words>{text(content.caption)}</Words>}
        </>
      );
    case 'location':
      return (
        <div className={classes.card}>
          <IconMapPin size={22} stroke={1.5} aria-hidden="true" />
          <span>
            <b>{text(content.name) || t('location')}</b>
            <small>{text(content.address) || `${content.latitude}, ${content.longitude}`}</small>
          </span>
        </div>
      );
    case 'contacts':
      return list(message.content).map((one) => (
        <div key={text(bag(one.name).formatted_name)} className={classes.card}>
          <span>
            <b>{text(bag(one.name).formatted_name)}</b>
            {list(one.phones).map((phone) => (
              <small key={text(phone.phone)}>
                <bdi dir="ltr">{text(phone.phone)}</bdi>
              </small>
            ))}
          </span>
        </div>
      ));
    case 'interactive':
      return <Interactive content={content} />;
    case 'button':
      return <Words>{text(content.text)}</Words>;
    case 'template':
      return <Template content={content} />;
    default:
      return <Words faded>{t('unsupported', { type: message.type })}</Words>;
  }
}

function Words({ children, faded }: { children: string; faded?: boolean }) {
  return (
    <p className={classes.words} dir="auto" data-faded={faded || undefined}>
      {children}
    </p>
  );
}

function File({ message }: { message: Message }) {
  const t = useT();
  const { locale } = useLocale();
  const media = message.media;
  if (!media) return <Words faded>{message.status === 'accepted' ? t('fileComing') : t('fileGone')}</Words>;
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

interface Choice {
  id: string;
  title: string;
  description: string;
  answer: object;
}

function choicesOf(content: Bag): Choice[] {
  const action = bag(content.action);
  if (content.type === 'button')
    return list(action.buttons).map((one) => {
      const reply = { id: text(bag(one.reply).id), title: text(bag(one.reply).title) };
      return { ...reply, description: '', answer: { type: 'button_reply', button_reply: reply } };
    });
  return list(action.sections)
    .flatMap((section) => list(section.rows))
    .map((row) => {
      const reply = {
        id: text(row.id),
        title: text(row.title),
        ...(row.description ? { description: text(row.description) } : {}),
      };
      return { ...reply, description: text(row.description), answer: { type: 'list_reply', list_reply: reply } };
    });
}

function Interactive({ content }: { content: Bag }) {
  const t = useT();
  const answered = text(bag(content.button_reply).title) || text(bag(content.list_reply).title);
  if (answered) return <Words>{answered}</Words>;
  return (
    <>
      {text(bag(content.header).text) && <p className={classes.title}>{text(bag(content.header).text)}</p>}
      <Words>{text(bag(content.body).text) || t('preview_interactive')}</Words>
      {text(bag(content.footer).text) && <p className={classes.footer}>{text(bag(content.footer).text)}</p>}
    </>
  );
}

/** Choices are pressed as a customer would press them: the answer goes back as a reply to this message. */
function Choices({ message }: { message: Message }) {
  const number = usePage((page) => page.number);
  const customer = usePage((page) => page.selected);
  const content = bag(message.content);
  const link = bag(bag(content.action).parameters);
  const choices = choicesOf(content);
  if (choices.length === 0 && content.type !== 'cta_url') return null;

  const choose = (choice: Choice) => {
    if (customer === null) return;
    void guarded(() => api.write(number, customer, { type: 'interactive', interactive: choice.answer, reply_to: message.id }));
  };

  return (
    <div className={classes.choices}>
      {content.type === 'cta_url' && (
        <a className={classes.choice} href={text(link.url)} target="_blank" rel="noreferrer">
          {text(link.display_text)}
        </a>
      )}
      {choices.map((choice) => (
        <button key={choice.id} type="button" className={classes.choice} onClick={() => choose(choice)}>
          {choice.title}
          {choice.description && <small>{choice.description}</small>}
        </button>
      ))}
    </div>
  );
}

/** The text of a template lies with the provider; here are its name and the values that were sent. */
function Template({ content }: { content: Bag }) {
  const t = useT();
  const values = list(content.components)
    .flatMap((component) => list(component.parameters))
    .map((parameter) => text(parameter.text))
    .filter(Boolean);
  return (
    <>
      <p className={classes.title}>{t('template', { name: text(content.name) })}</p>
      {values.length > 0 && <Words>{values.join(' · ')}</Words>}
    </>
  );
}
