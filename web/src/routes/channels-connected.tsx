import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { handOver } from '@/features/channels/model/signup';
import '@/features/channels/texts';

/** Where Meta's dialog ends, in its own window: gives the code to the page that opened it. */
export default function ChannelsConnected() {
  const { t } = useTranslation('channels');
  useEffect(() => handOver(location.search), []);
  return <main style={{ padding: 24 }}>{t('connected')}</main>;
}
