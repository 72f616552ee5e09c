import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import { sentenceOf } from '@/shared/ui/showError';
import { ErrorBar } from '@/shared/ui/states';
import { type Connected, connectSignedUp, type SignupSettings } from '../api';
import { openSignup, type SignupOutcome } from '../model/signup';
import classes from './ChannelsPage.module.css';

const PLACES = ['here', 'phone'] as const;
type Place = (typeof PLACES)[number];

/** Opens Meta's dialog and connects what it gives. */
export function MetaWay({ settings, onConnected }: { settings: SignupSettings; onConnected: (made: Connected) => void }) {
  const { t } = useTranslation('channels');
  const name = useId();
  const [place, setPlace] = useState<Place>('here');
  const [outcome, setOutcome] = useState<SignupOutcome | null>(null);
  const connect = useMutation({
    meta: { quiet: true },
    mutationFn: async () => {
      setOutcome(null);
      const ended = await openSignup(settings, place === 'phone');
      if (ended.kind !== 'done') {
        setOutcome(ended);
        return null;
      }
      return connectSignedUp({
        code: ended.code,
        phone_number_id: ended.phoneNumberId,
        waba_id: ended.wabaId,
        mode: ended.onPhone ? 'coexistence' : 'new_number',
      });
    },
    onSuccess: (made) => made && onConnected(made),
  });
  return (
    <section className={classes.way}>
      <h3>{t('connect.meta')}</h3>
      <p>{t('connect.metaText')}</p>
      <fieldset className={classes.places}>
        <legend className="visually-hidden">{t('connect.where')}</legend>
        {PLACES.map((one) => (
          <label key={one}>
            <input type="radio" name={name} checked={place === one} onChange={() => setPlace(one)} />
            {t(`connect.place.${one}`)}
          </label>
        ))}
      </fieldset>
      {outcome?.kind === 'blocked' && <ErrorBar>{t('connect.blocked')}</ErrorBar>}
      {outcome?.kind === 'cancelled' && <p role="status">{t('connect.cancelled')}</p>}
      {outcome?.kind === 'failed' && <ErrorBar>{outcome.message || t('connect.failed')}</ErrorBar>}
      {connect.isError && <ErrorBar>{sentenceOf(connect.error)}</ErrorBar>}
      <Button look="primary" data-testid="connect-meta" busy={connect.isPending} onClick={() => connect.mutate()}>
        {t('connect.meta')}
      </Button>
    </section>
  );
}
