import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import {
  readContacts,
  readInteractive,
  readLocation,
  readOrder,
  readReaction,
  readTemplate,
  readUnsupported,
} from '@/shared/api/payloads';
import type { Message } from '@/shared/api/types';
import { Avatar } from '@/shared/ui/Avatar';
import { IconExternalLink, IconHandClick, IconMapPin, IconMessageOff, IconShoppingCart } from '@/shared/ui/icons';
import { Phone } from '@/shared/ui/Phone';
import classes from './content.module.css';
import { Marked, TextBody } from './TextBody';

interface Props {
  payload: unknown;
  meta: ReactNode;
}

export function LocationBody({ payload, meta }: Props) {
  const { t } = useTranslation('conversations');
  const { latitude, longitude, name, address } = readLocation(payload);
  const known = latitude !== null && longitude !== null;
  const place = known ? `${latitude.toFixed(5)}, ${longitude.toFixed(5)}` : '';
  return (
    <div className={classes.card}>
      <div className={classes.map} aria-hidden="true">
        <IconMapPin size={30} stroke={1.6} />
      </div>
      <div className={classes.cardText}>
        <strong dir="auto">{name ?? t('type.location')}</strong>
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

export function ContactCards({ payload, meta }: Props) {
  const { t } = useTranslation('conversations');
  const cards = readContacts(payload);
  return (
    <div className={classes.card}>
      {cards.map(({ name, phones }) => (
        <div key={`${name} ${phones.join()}`} className={classes.person}>
          <Avatar id={name ?? phones[0] ?? ''} name={name ?? ''} size={32} />
          <span className={classes.cardLines}>
            <strong dir="auto">{name ?? t('noName')}</strong>
            {phones.map((phone) => (
              <span key={phone}>
                <Phone value={phone} />
              </span>
            ))}
          </span>
        </div>
      ))}
      {cards.length === 0 && <span className={classes.cardText}>{t('type.contacts')}</span>}
      <div className={classes.foot}>{meta}</div>
    </div>
  );
}

/** What the contact chose from buttons or a list. */
export function InteractiveBody({ text, payload, meta }: Props & { text: string | null }) {
  const { title, description } = readInteractive(payload);
  return (
    <div className={classes.choice}>
      <IconHandClick size={17} stroke={1.6} aria-hidden="true" />
      <TextBody text={[title ?? text, description].filter(Boolean).join('\n')} meta={meta} />
    </div>
  );
}

export function OrderBody({ text, payload, meta }: Props & { text: string | null }) {
  const { t } = useTranslation('conversations');
  const order = readOrder(payload);
  const words = order.text ?? text;
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
            <span>× {item.quantity}</span>
          </li>
        ))}
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

export function TemplateBody({ message, meta }: { message: Message; meta: ReactNode }) {
  const { buttons } = readTemplate(message.payload);
  return (
    <>
      <TextBody text={message.text ?? ''} meta={meta} />
      {buttons.length > 0 && (
        <div className={classes.buttons}>
          {buttons.map((button) => (
            <span key={button} dir="auto">
              {button}
            </span>
          ))}
        </div>
      )}
    </>
  );
}

/** A reaction to a message that is not in sight. */
export function ReactionBody({ text, payload, meta }: Props & { text: string | null }) {
  const { t } = useTranslation('conversations');
  const emoji = readReaction(payload).emoji ?? text;
  return <TextBody text={emoji ? t('reaction.given', { emoji }) : t('reaction.taken')} meta={meta} />;
}

export function UnsupportedBody({ payload, meta }: Props) {
  const { t } = useTranslation('conversations');
  const { title } = readUnsupported(payload);
  return (
    <div className={classes.choice} data-quiet>
      <IconMessageOff size={17} stroke={1.6} aria-hidden="true" />
      <TextBody text={title ? t('unsupported.named', { title }) : t('unsupported.plain')} meta={meta} />
    </div>
  );
}
