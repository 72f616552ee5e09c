import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { type ContactCardData, readContacts, readLocation, readOrder, readUnsupported } from '@/shared/api/cards';
import { readReaction } from '@/shared/api/payloads';
import { phoneText } from '@/shared/format/text';
import { currentLocale } from '@/shared/i18n/i18n';
import { Avatar } from '@/shared/ui/Avatar';
import { IconCopy, IconExternalLink, IconMapPin, IconMessageOff, IconShoppingCart } from '@/shared/ui/icons';
import { Phone } from '@/shared/ui/Phone';
import { toast } from '@/shared/ui/toasts';
import classes from './content.module.css';
import { Marked, TextBody } from './TextBody';

interface Props {
  payload: unknown;
  meta: ReactNode;
}

export function LocationBody({ payload, meta }: Props) {
  const { t } = useTranslation('thread');
  const { t: word } = useTranslation('conversations');
  const { latitude, longitude, name, address } = readLocation(payload);
  const known = latitude !== null && longitude !== null;
  const place = known ? `${latitude.toFixed(5)}, ${longitude.toFixed(5)}` : '';
  return (
    <div className={classes.card}>
      <div className={classes.map} aria-hidden="true">
        <MapDrawing />
        <IconMapPin size={30} stroke={1.6} />
      </div>
      <div className={classes.cardText}>
        <strong dir="auto">{name ?? word('type.location')}</strong>
        {address && <span dir="auto">{address}</span>}
        {known && (
          <a
            href={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`}
            target="_blank"
            rel="noopener noreferrer"
          >
            <bdi dir="ltr">{place}</bdi> <IconExternalLink size={13} stroke={1.6} aria-hidden="true" />
            <span className="visually-hidden">{t('location.open')}</span>
          </a>
        )}
      </div>
      <div className={classes.foot}>{meta}</div>
    </div>
  );
}

/** Streets as a drawing: asking a map server would tell strangers where our customers are. */
function MapDrawing() {
  return (
    <svg viewBox="0 0 294 96" preserveAspectRatio="xMidYMid slice" fill="none" stroke="currentColor" aria-hidden="true">
      <path d="M-10 70C60 52 90 84 150 62S250 30 310 44" strokeWidth="9" opacity="0.16" />
      <path d="M40-10C60 30 52 60 84 110M190-10C180 26 214 60 204 110M250-10L262 110" strokeWidth="5" opacity="0.12" />
      <path d="M-10 22C70 30 120 8 310 14M-10 96C90 82 200 100 310 80" strokeWidth="4" opacity="0.12" />
    </svg>
  );
}

export function ContactCards({ payload, meta }: Props) {
  const { t: word } = useTranslation('conversations');
  const cards = readContacts(payload);
  return (
    <div className={classes.card}>
      {cards.map((card) => (
        <Person key={`${card.name} ${card.phones.join()}`} card={card} />
      ))}
      {cards.length === 0 && <span className={classes.cardText}>{word('type.contacts')}</span>}
      <div className={classes.foot}>{meta}</div>
    </div>
  );
}

function Person({ card: { name, phones, emails, organization } }: { card: ContactCardData }) {
  const { t } = useTranslation('thread');
  const { t: word } = useTranslation('conversations');
  const copy = (phone: string) => void navigator.clipboard.writeText(phone).then(() => toast(t('copied')));
  return (
    <div className={classes.person}>
      <Avatar id={name ?? phones[0] ?? ''} name={name ?? ''} size={32} />
      <span className={classes.cardLines}>
        <strong dir="auto">{name ?? word('noName')}</strong>
        {organization && <span dir="auto">{organization}</span>}
        {phones.map((phone) => (
          <span key={phone} className={classes.phone}>
            <Phone value={phone} />
            {!phone.includes('*') && (
              <button type="button" aria-label={t('contacts.copy', { phone: phoneText(phone) })} onClick={() => copy(phone)}>
                <IconCopy size={14} stroke={1.6} aria-hidden="true" />
              </button>
            )}
          </span>
        ))}
        {emails.map((email) => (
          <span key={email}>
            <bdi dir="ltr">{email}</bdi>
          </span>
        ))}
      </span>
    </div>
  );
}

const money = (amount: number, currency: string | null): string =>
  currency && /^[A-Z]{3}$/.test(currency)
    ? new Intl.NumberFormat(currentLocale(), { style: 'currency', currency }).format(amount)
    : new Intl.NumberFormat(currentLocale()).format(amount);

const sum = (items: { price: number | null; quantity: number }[]): number =>
  items.reduce((all, item) => all + (item.price ?? 0) * item.quantity, 0);

export function OrderBody({ text, payload, meta }: Props & { text: string | null }) {
  const { t } = useTranslation('thread');
  const order = readOrder(payload);
  const words = order.text ?? text;
  // A sum only when every line has a price in one currency.
  const summed = order.items.length > 1 && new Set(order.items.map((item) => item.currency)).size === 1;
  const total = summed && order.items.every((item) => item.price !== null) ? sum(order.items) : null;
  return (
    <div className={classes.card}>
      <div className={classes.cardHead}>
        <IconShoppingCart size={17} stroke={1.6} aria-hidden="true" />
        <strong>{t('order.title', { count: order.items.reduce((sum, item) => sum + item.quantity, 0) })}</strong>
      </div>
      <ul className={classes.items}>
        {order.items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an order may hold the same product twice and never changes
          <li key={index}>
            <span dir="auto">{item.name}</span>
            <span>
              × {item.quantity}
              {item.price !== null && ` · ${money(item.price * item.quantity, item.currency)}`}
            </span>
          </li>
        ))}
        {total !== null && (
          <li className={classes.total}>
            <span>{t('order.total')}</span>
            <span>{money(total, order.items[0]?.currency ?? null)}</span>
          </li>
        )}
      </ul>
      {words && (
        <p className={classes.cardText} dir="auto">
          <Marked text={words} />
        </p>
      )}
      <div className={classes.foot}>{meta}</div>
    </div>
  );
}

/** A reaction to a message that is not in sight. */
export function ReactionBody({ text, payload, meta }: Props & { text: string | null }) {
  const { t } = useTranslation('thread');
  const emoji = readReaction(payload).emoji ?? text;
  return <TextBody text={emoji ? t('reaction.given', { emoji }) : t('reaction.taken')} meta={meta} />;
}

export function UnsupportedBody({ payload, meta }: Props) {
  const { t } = useTranslation('thread');
  const { title } = readUnsupported(payload);
  return (
    <div className={classes.choice} data-quiet>
      <IconMessageOff size={17} stroke={1.6} aria-hidden="true" />
      <TextBody text={title ? t('unsupported.named', { title }) : t('unsupported.plain')} meta={meta} />
    </div>
  );
}
