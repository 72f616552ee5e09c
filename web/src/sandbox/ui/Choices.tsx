import { type ComponentType, useState } from 'react';
import { api } from '../api';
import { type Translate, useT } from '../i18n';
import { IconArrowBackUp, IconCopy, IconExternalLink, IconForms, IconListCheck, IconMapPin, IconPhone } from '../icons';
import { guarded, usePage } from '../store';
import { type Bag, bag, buttonsOf, type Choice, list, type Shown, sectionsOf, text } from '../thread';
import classes from './Bubble.module.css';
import { Sheet } from './Sheet';
import { FormSheet, LocationSheet } from './Sheets';

type Icon = ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: 'true' }>;

interface Press {
  key: string;
  label: string;
  Icon: Icon;
  href?: string;
  act?: () => void;
}

/** The buttons below a bubble. Pressed as a customer presses them: the answer goes back as a reply to this message. */
export function Choices({ message }: { message: Shown }) {
  const t = useT();
  const number = usePage((page) => page.number);
  const customer = usePage((page) => page.selected);
  const [open, setOpen] = useState<'list' | 'location' | 'form' | null>(null);
  const content = bag(message.content);

  const answer = (wish: object) => {
    if (customer !== null) void guarded(() => api.write(number, customer, { ...wish, reply_to: message.id }));
  };
  const presses =
    message.type === 'template' ? ofTemplate(bag(content.shown), t, answer, setOpen) : ofInteractive(content, t, answer, setOpen);
  if (presses.length === 0 || message.direction === 'customer') return null;
  const close = () => setOpen(null);
  const flow = bag(bag(content.action).parameters);

  return (
    <div className={classes.choices}>
      {presses.map(({ key, label, Icon: Mark, href, act }) =>
        href ? (
          <a key={key} className={classes.choice} href={href} target="_blank" rel="noreferrer">
            <Mark size={16} stroke={1.6} aria-hidden="true" />
            {label}
          </a>
        ) : (
          <button key={key} type="button" className={classes.choice} data-testid="choice" onClick={act}>
            <Mark size={16} stroke={1.6} aria-hidden="true" />
            {label}
          </button>
        ),
      )}
      {open === 'list' && (
        <ListSheet
          content={content}
          onClose={close}
          onChoose={(choice) => {
            close();
            answer(choice.answer);
          }}
        />
      )}
      {open === 'location' && <LocationSheet onClose={close} replyTo={message.id} />}
      {open === 'form' && (
        <FormSheet
          onClose={close}
          replyTo={message.id}
          token={text(flow.flow_token)}
          title={text(flow.flow_cta) || t('fillForm')}
        />
      )}
    </div>
  );
}

type Open = (what: 'list' | 'location' | 'form') => void;

function ofInteractive(content: Bag, t: Translate, answer: (wish: object) => void, open: Open): Press[] {
  const action = bag(content.action);
  const parameters = bag(action.parameters);
  switch (content.type) {
    case 'button':
      return buttonsOf(content).map((one) => ({
        key: one.id,
        label: one.title,
        Icon: IconArrowBackUp,
        act: () => answer(one.answer),
      }));
    case 'list':
      return [{ key: 'list', label: text(action.button) || t('chooseRow'), Icon: IconListCheck, act: () => open('list') }];
    case 'cta_url':
      return [{ key: 'link', label: text(parameters.display_text), Icon: IconExternalLink, href: text(parameters.url) }];
    case 'location_request_message':
      return [{ key: 'place', label: t('sendLocation'), Icon: IconMapPin, act: () => open('location') }];
    case 'flow':
      return [{ key: 'form', label: text(parameters.flow_cta) || t('fillForm'), Icon: IconForms, act: () => open('form') }];
    default:
      return [];
  }
}

function ofTemplate(shown: Bag, t: Translate, answer: (wish: object) => void, open: Open): Press[] {
  return list(shown.buttons).map((button, place) => {
    const label = text(button.text);
    const key = `${place}-${text(button.type)}`;
    switch (button.type) {
      case 'URL':
        return { key, label, Icon: IconExternalLink, href: text(button.url) };
      case 'PHONE_NUMBER':
        return { key, label, Icon: IconPhone, href: `tel:${text(button.phone_number)}` };
      case 'COPY_CODE':
        return {
          key,
          label: label || t('copyCode'),
          Icon: IconCopy,
          act: () => void navigator.clipboard.writeText(text(button.code)),
        };
      case 'FLOW':
        return { key, label, Icon: IconForms, act: () => open('form') };
      default:
        return {
          key,
          label,
          Icon: IconArrowBackUp,
          act: () => answer({ type: 'button', button: { text: label, payload: text(button.payload) || label } }),
        };
    }
  });
}

function ListSheet({ content, onClose, onChoose }: { content: Bag; onClose: () => void; onChoose: (choice: Choice) => void }) {
  const t = useT();
  return (
    <Sheet title={text(bag(content.action).button) || t('chooseRow')} onClose={onClose}>
      {sectionsOf(content).map((section) => (
        <section key={section.title} className={classes.section}>
          {section.title && <h3>{section.title}</h3>}
          {section.rows.map((row) => (
            <button key={row.id} type="button" className={classes.listRow} data-testid="list-row" onClick={() => onChoose(row)}>
              {row.title}
              {row.description && <small>{row.description}</small>}
            </button>
          ))}
        </section>
      ))}
    </Sheet>
  );
}
