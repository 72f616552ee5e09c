import { PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import '@/shared/ui/mantine-inputs.css';
import { sentenceOf } from '@/shared/ui/showError';
import { ErrorBar } from '@/shared/ui/states';
import { reconnect } from '../api';
import classes from './ChannelsPage.module.css';
import { LiveCheck } from './LiveCheck';
import { PinForm } from './PinForm';

interface Props {
  channel: Channel;
  onChanged: () => void;
  onClose: () => void;
}

/** A new token for the same number. Where only the pin is missing, the pin. */
export function ReconnectDialog({ channel, onChanged, onClose }: Props) {
  const { t } = useTranslation('channels');
  const [token, setToken] = useState('');
  const again = useMutation({
    meta: { quiet: true },
    mutationFn: () => reconnect(channel.id, token.trim()),
    onSuccess: onChanged,
  });
  const [registered, setRegistered] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim()) again.mutate();
  };
  if (again.isSuccess || registered) {
    return (
      <Dialog title={channel.name} wide onClose={onClose}>
        <LiveCheck id={channel.id} />
      </Dialog>
    );
  }
  return (
    <Dialog title={t('reconnect.title', { name: channel.name })} wide onClose={onClose}>
      {channel.status_reason?.startsWith('not_registered') ? (
        <PinForm
          id={channel.id}
          onDone={() => {
            onChanged();
            setRegistered(true);
          }}
        />
      ) : (
        <form className={classes.stack} onSubmit={submit}>
          <p>{t('reconnect.text')}</p>
          <PasswordInput
            label={t('paste.token')}
            description={t('paste.tokenWhere')}
            name="access_token"
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': t('paste.show'), tabIndex: 0, size: 28 }}
          />
          {again.isError && <ErrorBar>{sentenceOf(again.error)}</ErrorBar>}
          <div className={classes.buttons}>
            <Button onClick={onClose}>{t('paste.cancel')}</Button>
            <Button look="primary" type="submit" data-testid="reconnect-submit" busy={again.isPending} disabled={!token.trim()}>
              {t('reconnect.go')}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
