import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';

/** Signing out wipes what this browser keeps, so messages that have not left yet would be lost. */
export default function ConfirmSignOut({ count, onStay, onLeave }: { count: number; onStay: () => void; onLeave: () => void }) {
  const { t } = useTranslation('app');
  return (
    <Dialog title={t('leave.title')} onClose={onStay}>
      <p style={{ marginBlockEnd: 16 }}>{t('leave.text', { count })}</p>
      <div style={{ display: 'flex', gap: 8, justifyContent: 'flex-end' }}>
        <Button onClick={onStay} data-first>
          {t('leave.stay')}
        </Button>
        <Button look="danger" onClick={onLeave}>
          {t('leave.leave')}
        </Button>
      </div>
    </Dialog>
  );
}
