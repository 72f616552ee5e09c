import { type Translate, useLocale, useT } from '../i18n';
import { IconAlertCircle, IconCheck, IconChecks, IconClock } from '../icons';
import { type Shown, wordsOf } from '../thread';
import type { Message, Status } from '../types';
import classes from './Bubble.module.css';
import { Choices } from './Choices';
import { AdCard, Content } from './Content';
import { PREVIEWS } from './Customers';
import { Marked } from './Marked';
import { MessageMenu } from './MessageMenu';

export function Bubble({ message, quoted }: { message: Shown; quoted: Message | undefined }) {
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
      data-revoked={message.revoked || undefined}
      data-bare={(message.type === 'sticker' && !message.revoked) || undefined}
    >
      {!message.revoked && message.referral && <AdCard referral={message.referral} />}
      {!message.revoked && quoted && <Quote message={quoted} />}
      <Content message={message} />
      <span className={classes.meta}>
        {underway && <span>{t('notYet')}</span>}
        {message.edited && !message.revoked && <span>{t('edited')}</span>}
        <time dateTime={new Date(message.at * 1000).toISOString()}>{time}</time>
        {own ? <Ticks status={message.status} t={t} /> : <span className="visually-hidden">{statusWord(message, t)}</span>}
      </span>
      {(message.type === 'interactive' || message.type === 'template') && <Choices message={message} />}
      {failed && (
        <p className={classes.failed}>
          <IconAlertCircle size={15} stroke={1.6} aria-hidden="true" />
          {statusWord(message, t)}
        </p>
      )}
      {reactions && !message.revoked && <span className={classes.reactions}>{reactions}</span>}
      {!message.revoked && <MessageMenu message={message} />}
    </article>
  );
}

export function Quote({ message }: { message: Message }) {
  const t = useT();
  return (
    <blockquote className={classes.quote} dir="auto">
      <Marked>{wordsOf(message) || t(PREVIEWS[message.type] ?? 'preview_other')}</Marked>
    </blockquote>
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
