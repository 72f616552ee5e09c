import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Channel } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { sentenceOf } from '@/shared/ui/showError';
import { ErrorBar } from '@/shared/ui/states';
import { CHANNELS_KEY, readHealth, renewVerifyToken } from '../api';
import classes from './ChannelsPage.module.css';
import { CopyField } from './CopyField';
import { LiveCheck } from './LiveCheck';

export function CheckDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const { t } = useTranslation('channels');
  const health = useQuery({ queryKey: [...CHANNELS_KEY, 'health', channel.id], queryFn: () => readHealth(channel.id) });
  const renew = useMutation({ meta: { quiet: true }, mutationFn: () => renewVerifyToken(channel.id) });
  return (
    <Dialog title={channel.name} wide onClose={onClose}>
      <div className={classes.stack}>
        {health.data && <CopyField label={t('webhook.url')} value={health.data.webhook_url} />}
        {health.data?.own_app && !renew.data && (
          <div className={classes.renew}>
            <span>{t('webhook.hidden')}</span>
            <Button size="small" busy={renew.isPending} onClick={() => renew.mutate()}>
              {t('webhook.renew')}
            </Button>
          </div>
        )}
        {renew.isError && <ErrorBar>{sentenceOf(renew.error)}</ErrorBar>}
        {renew.data && <CopyField label={t('webhook.token')} value={renew.data.verify_token} hint={t('webhook.once')} />}
        <LiveCheck id={channel.id} />
      </div>
    </Dialog>
  );
}
