import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { IconBrandWhatsapp, IconPlus } from '@/shared/ui/icons';
import { Page, PageHeader, rowsClass } from '@/shared/ui/Page';
import { sentenceOf } from '@/shared/ui/showError';
import { Empty, ErrorBar, SkeletonRows } from '@/shared/ui/states';
import { CHANNELS_KEY, readChannels } from '../api';
import '../texts';
import { ChannelCard } from './ChannelCard';
import { CheckDialog } from './CheckDialog';
import { ConnectDialog } from './ConnectDialog';
import { DisconnectDialog } from './DisconnectDialog';
import { ReconnectDialog } from './ReconnectDialog';
import { SettingsDialog } from './SettingsDialog';

type Open = { what: 'connect' } | { what: 'settings' | 'check' | 'reconnect' | 'disconnect'; channel: Channel } | null;

/** The firm's numbers: how each is, and everything one does about it. */
export function ChannelsPage() {
  const { t } = useTranslation('channels');
  const queries = useQueryClient();
  const [open, setOpen] = useState<Open>(null);
  const channels = useQuery({ queryKey: [...CHANNELS_KEY, 'list'], queryFn: readChannels });
  const items = channels.data ?? [];
  const working = items.filter((channel) => channel.status === 'connected').length;
  const changed = () => void queries.invalidateQueries({ queryKey: CHANNELS_KEY });
  const close = () => setOpen(null);
  const connect = (
    <Button
      look="primary"
      data-testid="connect-channel"
      icon={<IconPlus size={16} stroke={1.8} aria-hidden="true" />}
      onClick={() => setOpen({ what: 'connect' })}
    >
      {t('page.connect')}
    </Button>
  );
  return (
    <Page>
      <PageHeader
        title={t('page.title')}
        lead={channels.isSuccess && t('page.count', { count: items.length, working })}
        actions={items.length > 0 && connect}
      />
      {channels.isPending && <SkeletonRows count={3} />}
      {channels.isError && <ErrorBar onRetry={() => void channels.refetch()}>{sentenceOf(channels.error)}</ErrorBar>}
      {channels.isSuccess && items.length === 0 && (
        <Empty
          icon={<IconBrandWhatsapp size={26} stroke={1.4} aria-hidden="true" />}
          title={t('page.empty')}
          text={t('page.emptyText')}
          action={connect}
        />
      )}
      {items.length > 0 && (
        <ul className={rowsClass}>
          {items.map((channel) => (
            <ChannelCard
              key={channel.id}
              channel={channel}
              onChanged={changed}
              onSettings={() => setOpen({ what: 'settings', channel })}
              onCheck={() => setOpen({ what: 'check', channel })}
              onReconnect={() => setOpen({ what: 'reconnect', channel })}
              onDisconnect={() => setOpen({ what: 'disconnect', channel })}
            />
          ))}
        </ul>
      )}
      {open?.what === 'connect' && <ConnectDialog onChanged={changed} onClose={close} />}
      {open?.what === 'settings' && <SettingsDialog channel={open.channel} onChanged={changed} onClose={close} />}
      {open?.what === 'check' && <CheckDialog channel={open.channel} onClose={close} />}
      {open?.what === 'reconnect' && <ReconnectDialog channel={open.channel} onChanged={changed} onClose={close} />}
      {open?.what === 'disconnect' && <DisconnectDialog channel={open.channel} onChanged={changed} onClose={close} />}
    </Page>
  );
}
