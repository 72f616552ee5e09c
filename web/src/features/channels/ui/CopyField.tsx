import { useTranslation } from 'react-i18next';
import { IconButton } from '@/shared/ui/IconButton';
import { IconCopy } from '@/shared/ui/icons';
import { toast } from '@/shared/ui/toasts';
import classes from './ChannelsPage.module.css';

/** A value to carry elsewhere: whole, and copied by one press. */
export function CopyField({ label, value, hint }: { label: string; value: string; hint?: string }) {
  const { t } = useTranslation('channels');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      toast(t('copied'));
    } catch {
      // A page without https has no clipboard: the value can still be marked by hand.
      toast(t('copyRefused'), { tone: 'error' });
    }
  };
  return (
    <div className={classes.copy}>
      <span className={classes.label}>{label}</span>
      <span className={classes.value}>
        <code dir="ltr">{value}</code>
        <IconButton label={t('copy', { what: label })} onClick={() => void copy()}>
          <IconCopy size={16} stroke={1.6} aria-hidden="true" />
        </IconButton>
      </span>
      {hint && <span className={classes.hint}>{hint}</span>}
    </div>
  );
}
