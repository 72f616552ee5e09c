import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { type ButtonData, readTemplate } from '@/shared/api/cards';
import type { Message } from '@/shared/api/types';
import { IconCopy, IconCornerUpLeft, IconExternalLink, IconPhone } from '@/shared/ui/icons';
import classes from './content.module.css';
import { Attached } from './MediaBody';
import { TextBody } from './TextBody';

/** A template as the customer sees it: head, words, foot and buttons. */
export function TemplateBody({ message, meta }: { message: Message; meta: ReactNode }) {
  const { header, footer, buttons } = readTemplate(message.payload);
  const [attachment] = message.attachments;
  return (
    <>
      {attachment && <Attached attachment={attachment} />}
      {header && (
        <strong className={classes.header} dir="auto">
          {header}
        </strong>
      )}
      <TextBody text={message.text ?? ''} meta={meta} />
      {footer && (
        <p className={classes.footer} dir="auto">
          {footer}
        </p>
      )}
      {buttons.length > 0 && (
        <div className={classes.buttons} data-stacked={buttons.length > 2 || undefined}>
          {buttons.map((button) => (
            <TemplateButton key={button.title} button={button} />
          ))}
        </div>
      )}
    </>
  );
}

function TemplateButton({ button }: { button: ButtonData }) {
  const { t } = useTranslation('thread');
  if (button.url) {
    return (
      <a href={button.url} target="_blank" rel="noopener noreferrer" dir="auto">
        <IconExternalLink size={15} stroke={1.6} aria-hidden="true" /> {button.title}
      </a>
    );
  }
  const Icon = button.phone ? IconPhone : button.code ? IconCopy : IconCornerUpLeft;
  return (
    <span dir="auto" data-tip={button.phone ?? (button.code ? t('template.code', { code: button.code }) : undefined)}>
      <Icon size={15} stroke={1.6} aria-hidden="true" /> {button.title}
    </span>
  );
}
