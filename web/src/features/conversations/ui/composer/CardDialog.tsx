import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Card } from '@/shared/api/sending';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { IconId, IconPlus } from '@/shared/ui/icons';
import { TextField } from '@/shared/ui/TextField';
import '../../composeTexts';
import { CARD_PHONES_MAX, type CardDraft, cardOf, isEmail, isPhone, NO_CARD } from '../../model/card';
import classes from './forms.module.css';

interface Props {
  onSend: (card: Card) => void;
  onClose: () => void;
}

export default function CardDialog({ onSend, onClose }: Props) {
  const { t } = useTranslation('compose');
  const [draft, setDraft] = useState<CardDraft>(NO_CARD);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const change = (part: Partial<CardDraft>) => setDraft((held) => ({ ...held, ...part }));
  const card = cardOf(draft);
  const email = draft.email.trim();
  return (
    <Dialog title={t('card.title')} onClose={onClose}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (card) onSend(card);
        }}
      >
        <TextField
          ref={first}
          label={t('card.name')}
          value={draft.name}
          maxLength={1024}
          onChange={(event) => change({ name: event.currentTarget.value })}
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
              change({ phones: draft.phones.map((held, place) => (place === at ? value : held)) });
            }}
          />
        ))}
        {draft.phones.length < CARD_PHONES_MAX && (
          <Button
            look="ghost"
            size="small"
            className={classes.startButton}
            icon={<IconPlus size={14} stroke={1.8} aria-hidden="true" />}
            onClick={() => change({ phones: [...draft.phones, ''] })}
          >
            {t('card.addPhone')}
          </Button>
        )}
        <TextField
          label={t('card.email')}
          type="email"
          value={draft.email}
          error={email && !isEmail(email) ? t('card.emailWrong') : null}
          onChange={(event) => change({ email: event.currentTarget.value })}
        />
        <TextField
          label={t('card.organization')}
          value={draft.organization}
          maxLength={1024}
          onChange={(event) => change({ organization: event.currentTarget.value })}
        />
        <footer className={classes.actions}>
          <Button look="ghost" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button
            type="submit"
            look="primary"
            disabled={!card}
            icon={<IconId size={16} stroke={1.6} aria-hidden="true" />}
            data-testid="send-card"
          >
            {t('card.send')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
