import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Card } from '@/shared/api/sending';
import { IconButton } from '@/shared/ui/IconButton';
import { IconId, IconX } from '@/shared/ui/icons';
import { TextField } from '@/shared/ui/TextField';
import { CARD_PHONES_MAX, type CardDraft, cardOf, isEmail, isPhone, newCard } from '../../model/card';
import { AddButton } from './AddButton';
import { FormDialog } from './FormDialog';
import classes from './forms.module.css';

interface Props {
  /** Cards that fit in one message. */
  most: number;
  onSend: (cards: Card[]) => void;
  onClose: () => void;
}

export default function CardDialog({ most, onSend, onClose }: Props) {
  const { t } = useTranslation('compose');
  const [drafts, setDrafts] = useState<CardDraft[]>(() => [newCard()]);
  const cards = drafts.flatMap((draft) => cardOf(draft) ?? []);
  const ready = cards.length === drafts.length;
  const many = drafts.length > 1;
  return (
    <FormDialog
      title={t('card.title')}
      send={{
        label: t('card.send', { count: drafts.length }),
        icon: <IconId size={16} stroke={1.6} aria-hidden="true" />,
        testId: 'send-card',
        ready,
      }}
      onSubmit={() => ready && onSend(cards)}
      onClose={onClose}
    >
      {drafts.map((draft, at) => (
        <CardFields
          key={draft.id}
          draft={draft}
          number={many ? at + 1 : null}
          onChange={(part) => setDrafts((held) => held.map((one) => (one.id === draft.id ? { ...one, ...part } : one)))}
          onRemove={() => setDrafts((held) => held.filter((one) => one.id !== draft.id))}
        />
      ))}
      <AddButton
        label={t('card.add')}
        full={drafts.length >= most}
        why={many ? t('card.full', { max: most }) : null}
        onAdd={() => setDrafts((held) => [...held, newCard()])}
      />
    </FormDialog>
  );
}

interface FieldsProps {
  draft: CardDraft;
  /** Null where it is the only one. */
  number: number | null;
  onChange: (part: Partial<CardDraft>) => void;
  onRemove: () => void;
}

function CardFields({ draft, number, onChange, onRemove }: FieldsProps) {
  const { t } = useTranslation('compose');
  const email = draft.email.trim();
  return (
    <fieldset
      className={classes.part}
      data-framed={number !== null || undefined}
      aria-label={t('card.numbered', { number: number ?? 1 })}
    >
      {number !== null && (
        <div className={classes.partHead}>
          <strong>{t('card.numbered', { number })}</strong>
          <IconButton label={t('card.remove', { number })} onClick={onRemove}>
            <IconX size={16} stroke={1.6} aria-hidden="true" />
          </IconButton>
        </div>
      )}
      <TextField
        data-first
        autoFocus={number !== null && number > 1}
        label={t('card.name')}
        value={draft.name}
        maxLength={1024}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      {draft.phones.map((phone, at) => (
        <TextField
          // biome-ignore lint/suspicious/noArrayIndexKey: a phone is its place
          key={at}
          label={at === 0 ? t('card.phone') : t('card.phoneMore', { number: at + 1 })}
          type="tel"
          dir="ltr"
          value={phone}
          placeholder="+90 555 010 44 18"
          error={phone.trim() && !isPhone(phone.trim()) ? t('card.phoneWrong') : null}
          onChange={(event) => {
            const { value } = event.currentTarget;
            onChange({ phones: draft.phones.map((held, place) => (place === at ? value : held)) });
          }}
        />
      ))}
      <AddButton
        label={t('card.addPhone')}
        full={draft.phones.length >= CARD_PHONES_MAX}
        why={null}
        onAdd={() => onChange({ phones: [...draft.phones, ''] })}
      />
      <TextField
        label={t('card.email')}
        type="email"
        value={draft.email}
        error={email && !isEmail(email) ? t('card.emailWrong') : null}
        onChange={(event) => onChange({ email: event.currentTarget.value })}
      />
      <TextField
        label={t('card.organization')}
        value={draft.organization}
        maxLength={1024}
        onChange={(event) => onChange({ organization: event.currentTarget.value })}
      />
    </fieldset>
  );
}
