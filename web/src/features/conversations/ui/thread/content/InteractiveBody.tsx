import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { readInteractive } from '@/shared/api/cards';
import type { Message } from '@/shared/api/types';
import { IconExternalLink, IconHandClick, IconListDetails, IconMapPin } from '@/shared/ui/icons';
import classes from './content.module.css';
import own from './Interactive.module.css';
import { TextBody } from './TextBody';

const REPLIES = [
  'button_reply',
  'list_reply',
  'template_button',
  'flow_reply',
  'address_reply',
  'call_permission_reply',
] as const;

/** What the contact chose from buttons or a list, or what we offered to choose from. */
export function InteractiveBody({ message, meta }: { message: Message; meta: ReactNode }) {
  return message.direction === 'inbound' ? <Answer message={message} meta={meta} /> : <Offer message={message} meta={meta} />;
}

function Answer({ message, meta }: { message: Message; meta: ReactNode }) {
  const { t } = useTranslation('thread');
  const { kind, title, description, fields } = readInteractive(message.payload);
  const known = REPLIES.find((name) => name === kind) ?? 'button_reply';
  return (
    <>
      <span className={classes.pressed}>
        <IconHandClick size={14} stroke={1.7} aria-hidden="true" />
        {t(`interactive.${known}`)}
      </span>
      {fields.length > 0 && (
        <dl className={own.fields}>
          {fields.map((field) => (
            <div key={field.name}>
              <dt dir="auto">{field.name}</dt>
              <dd dir="auto">{field.value}</dd>
            </div>
          ))}
        </dl>
      )}
      <TextBody text={[title ?? (fields.length > 0 ? null : message.text), description].filter(Boolean).join('\n')} meta={meta} />
    </>
  );
}

function Offer({ message, meta }: { message: Message; meta: ReactNode }) {
  const { t } = useTranslation('thread');
  const { kind, title, description, header, footer, buttons, opener, sections, label, url } = readInteractive(message.payload);
  return (
    <>
      {header && (
        <strong className={classes.header} dir="auto">
          {header}
        </strong>
      )}
      <TextBody text={message.text ?? [title, description].filter(Boolean).join('\n')} meta={meta} />
      {footer && (
        <p className={classes.footer} dir="auto">
          {footer}
        </p>
      )}
      {sections.some((section) => section.rows.length > 0) && (
        <details className={own.list}>
          <summary>
            <IconListDetails size={16} stroke={1.6} aria-hidden="true" />
            <span dir="auto">{opener ?? t('interactive.list')}</span>
          </summary>
          {sections.map((section) => (
            <div key={section.title ?? section.rows[0]?.title}>
              {section.title && <strong dir="auto">{section.title}</strong>}
              <ul>
                {section.rows.map((row) => (
                  <li key={row.title} dir="auto">
                    {row.title}
                    {row.description && <span dir="auto">{row.description}</span>}
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </details>
      )}
      {(buttons.length > 0 || kind === 'cta_url' || kind === 'location_request') && (
        <div className={classes.buttons} data-stacked={buttons.length > 2 || undefined}>
          {buttons.map((button) => (
            <span key={button.title} dir="auto">
              {button.title}
            </span>
          ))}
          {kind === 'cta_url' && url && (
            <a href={url} target="_blank" rel="noopener noreferrer" dir="auto">
              <IconExternalLink size={15} stroke={1.6} aria-hidden="true" /> {label ?? url}
            </a>
          )}
          {kind === 'location_request' && (
            <span>
              <IconMapPin size={15} stroke={1.6} aria-hidden="true" /> {t('interactive.askLocation')}
            </span>
          )}
        </div>
      )}
    </>
  );
}
