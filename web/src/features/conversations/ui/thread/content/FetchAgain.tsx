import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachment } from '@/shared/api/types';
import { useCan } from '@/shared/session/session';
import { Button } from '@/shared/ui/Button';
import { IconRefresh } from '@/shared/ui/icons';
import { showError } from '@/shared/ui/showError';
import { fetchAgain } from '../../../api';

/** Asks the provider for the file now; what becomes of it comes by the stream. `bare`: only the icon, where there is no room. */
export function FetchAgain({ attachment, bare = false }: { attachment: Attachment; bare?: boolean }) {
  const { t } = useTranslation('thread');
  const [busy, setBusy] = useState(false);
  const allowed = useCan('conversations.reply');
  if (!allowed || (attachment.state !== 'failed' && attachment.state !== 'pending')) return null;
  async function ask() {
    setBusy(true);
    try {
      await fetchAgain(attachment.id);
    } catch (error) {
      showError(error);
    } finally {
      setBusy(false);
    }
  }
  const label = t(attachment.state === 'failed' ? 'media.again' : 'media.now');
  return (
    <Button
      size="small"
      busy={busy}
      icon={<IconRefresh size={14} stroke={1.7} aria-hidden="true" />}
      aria-label={bare ? label : undefined}
      data-tip={bare ? label : undefined}
      data-testid="media-again"
      onClick={() => void ask()}
    >
      {!bare && label}
    </Button>
  );
}
