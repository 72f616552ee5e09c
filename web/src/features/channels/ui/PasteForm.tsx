import { PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import '@/shared/ui/mantine-inputs.css';
import { sentenceOf } from '@/shared/ui/showError';
import { ErrorBar } from '@/shared/ui/states';
import { type Connected, connectPasted } from '../api';
import classes from './ChannelsPage.module.css';

const IDS = ['phone_number_id', 'waba_id'] as const;
const EMPTY = { phone_number_id: '', waba_id: '', access_token: '', app_secret: '', verify_token: '' };
type Field = keyof typeof EMPTY;

/** What Meta's pages show, each with the place where it is found. Secrets leave this page once and never come back. */
export function PasteForm({ onConnected, onBack }: { onConnected: (made: Connected) => void; onBack: () => void }) {
  const { t } = useTranslation('channels');
  const [values, setValues] = useState(EMPTY);
  const [wrong, setWrong] = useState<Field[]>([]);
  const form = useRef<HTMLFormElement>(null);
  const connect = useMutation({
    meta: { quiet: true },
    mutationFn: () => {
      const { access_token, phone_number_id, waba_id, app_secret, verify_token } = values;
      const app = app_secret.trim() ? { app_secret: app_secret.trim(), verify_token: verify_token.trim() || null } : null;
      const credentials = {
        access_token: access_token.trim(),
        phone_number_id: phone_number_id.trim(),
        waba_id: waba_id.trim(),
      };
      return connectPasted({ kind: 'whatsapp_cloud', credentials, app });
    },
    onSuccess: onConnected,
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const bad: Field[] = IDS.filter((field) => !/^\d{1,32}$/.test(values[field].trim()));
    if (!values.access_token.trim()) bad.push('access_token');
    setWrong(bad);
    const [first] = bad;
    if (first) form.current?.querySelector<HTMLInputElement>(`[name="${first}"]`)?.focus();
    else connect.mutate();
  };
  const input = (field: Field) => ({
    name: field,
    value: values[field],
    autoComplete: 'off',
    error: wrong.includes(field) ? t(field === 'access_token' ? 'paste.required' : 'paste.digits') : undefined,
    onChange: (event: { currentTarget: HTMLInputElement }) => {
      const { value } = event.currentTarget;
      setValues((held) => ({ ...held, [field]: value }));
      setWrong((held) => held.filter((name) => name !== field));
    },
  });
  const reveal = { 'aria-label': t('paste.show'), tabIndex: 0, size: 28 };

  return (
    <form ref={form} className={classes.stack} onSubmit={submit} noValidate>
      <TextInput
        {...input('phone_number_id')}
        label={t('paste.number')}
        description={t('paste.numberWhere')}
        inputMode="numeric"
      />
      <TextInput {...input('waba_id')} label={t('paste.account')} description={t('paste.accountWhere')} inputMode="numeric" />
      <PasswordInput
        {...input('access_token')}
        label={t('paste.token')}
        description={t('paste.tokenWhere')}
        visibilityToggleButtonProps={reveal}
      />
      <details className={classes.own}>
        <summary>{t('paste.ownApp')}</summary>
        <div className={classes.stack}>
          <PasswordInput
            {...input('app_secret')}
            label={t('paste.secret')}
            description={t('paste.secretWhere')}
            visibilityToggleButtonProps={reveal}
          />
          <TextInput {...input('verify_token')} label={t('paste.verify')} description={t('paste.verifyWhere')} />
        </div>
      </details>
      {connect.isError && <ErrorBar>{sentenceOf(connect.error)}</ErrorBar>}
      <div className={classes.buttons}>
        <Button onClick={onBack}>{t('paste.back')}</Button>
        <Button look="primary" type="submit" data-testid="paste-submit" busy={connect.isPending}>
          {t('paste.go')}
        </Button>
      </div>
    </form>
  );
}
