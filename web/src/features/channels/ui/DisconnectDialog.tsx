import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Channel } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { sentenceOf } from '@/shared/ui/showError';
import { ErrorBar } from '@/shared/ui/states';
import { disconnect } from '../api';
import classes from './ChannelsPage.module.css';

interface Props {
  channel: Channel;
  onChanged: () => void;
  onClose: () => void;
}

export function DisconnectDialog({ channel, onChanged, onClose }: Props) {
  const { t } = useTranslation('channels');
  const leave = useMutation({
    mutationFn: () => disconnect(channel.id),
    meta: { quiet: true },
    onSuccess: () => {
      onChanged();
      onClose();
    },
  });
  return (
    <Dialog title={t('disconnect.title', { name: channel.name })} onClose={onClose}>
      <div className={classes.stack}>
        <section className={classes.outcome}>
          <h3>{t('disconnect.ends')}</h3>
          <ul>
            <li>{t('disconnect.endsMessages')}</li>
            <li>{t('disconnect.endsToken')}</li>
          </ul>
        </section>
        <section className={classes.outcome}>
          <h3>{t('disconnect.stays')}</h3>
          <ul>
            <li>{t('disconnect.staysHere')}</li>
            <li>{t('disconnect.staysThere')}</li>
          </ul>
        </section>
      </div>
      {leave.isError && <ErrorBar>{sentenceOf(leave.error)}</ErrorBar>}
      <div className={classes.buttons}>
        <Button onClick={onClose} data-first>
          {t('disconnect.stay')}
        </Button>
        <Button look="danger" data-testid="confirm-disconnect" busy={leave.isPending} onClick={() => leave.mutate()}>
          {t('disconnect.go')}
        </Button>
      </div>
    </Dialog>
  );
}
