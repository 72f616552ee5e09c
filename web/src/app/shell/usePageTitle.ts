import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useUnreadConversations } from '@/shared/realtime/counts';
import plain from '@/shared/ui/logo.svg';
import unread from '@/shared/ui/logo-unread.svg';

/** The tab tells how many conversations wait to be read, also while another one is in front. */
export function usePageTitle(): void {
  const { t } = useTranslation('app');
  const count = useUnreadConversations();
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ''}${t('inbox')} · Invekto`;
    document.querySelector('link[rel="icon"]')?.setAttribute('href', count > 0 ? unread : plain);
  }, [count, t]);
}
