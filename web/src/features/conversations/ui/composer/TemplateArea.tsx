import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '@/shared/ui/IconButton';
import { IconX } from '@/shared/ui/icons';
import '../../composeTexts';
import classes from './Composer.module.css';

/** In the place of the text field while a template is chosen although words could be sent; the words wait. */
export default function TemplateArea({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const { t } = useTranslation('compose');
  return (
    <div className={classes.area} data-testid="composer-template-area">
      <p className={classes.areaHead}>
        {t('templatesTitle')}
        <IconButton label={t('closeTemplates')} onClick={onClose}>
          <IconX size={18} stroke={1.6} aria-hidden="true" />
        </IconButton>
      </p>
      {children}
    </div>
  );
}
