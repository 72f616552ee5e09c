import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Id } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import '@/shared/ui/mantine-inputs.css';
import { sentenceOf } from '@/shared/ui/showError';
import { ErrorBar } from '@/shared/ui/states';
import { registerNumber } from '../api';
import classes from './ChannelsPage.module.css';

/** The number is connected, but Meta wants the pin that its owner once set. */
export function PinForm({ id, onDone }: { id: Id; onDone: () => void }) {
  const { t } = useTranslation('channels');
  const [pin, setPin] = useState('');
  const register = useMutation({ meta: { quiet: true }, mutationFn: () => registerNumber(id, pin), onSuccess: onDone });
  const whole = /^\d{6}$/.test(pin);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (whole) register.mutate();
  };
  return (
    <form className={classes.stack} onSubmit={submit}>
      <p>{t('pin.text')}</p>
      <TextInput
        label={t('pin.label')}
        name="pin"
        inputMode="numeric"
        autoComplete="off"
        maxLength={6}
        value={pin}
        onChange={(event) => setPin(event.currentTarget.value.replace(/\D/g, ''))}
      />
      {register.isError && <ErrorBar>{sentenceOf(register.error)}</ErrorBar>}
      <div className={classes.buttons}>
        <Button look="primary" type="submit" data-testid="pin-submit" busy={register.isPending} disabled={!whole}>
          {t('pin.go')}
        </Button>
      </div>
    </form>
  );
}
