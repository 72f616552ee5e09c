import { Modal } from '@mantine/core';
import { Button } from '@/shared/ui/Button';
import '@mantine/core/styles/Overlay.css';
import '@mantine/core/styles/ModalBase.css';
import '@mantine/core/styles/Modal.css';
import { useTranslation } from 'react-i18next';

/** Signing out wipes what this browser keeps, so messages that have not left yet would be lost. */
export default function ConfirmSignOut({ count, onStay, onLeave }: { count: number; onStay: () => void; onLeave: () => void }) {
  const { t } = useTranslation('app');
  return (
    <Modal opened onClose={onStay} title={t('leave.title')} centered closeButtonProps={{ 'aria-label': t('leave.stay') }}>
      <p style={{ marginBlockEnd: 16 }}>{t('leave.text', { count })}</p>
      <div style={{ display: 'flex', gap: 8, justifyContent: 'flex-end' }}>
        <Button onClick={onStay} data-autofocus>
          {t('leave.stay')}
        </Button>
        <Button look="danger" onClick={onLeave}>
          {t('leave.leave')}
        </Button>
      </div>
    </Modal>
  );
}
