import type { ComponentProps } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '@/shared/ui/IconButton';
import { IconDots } from '@/shared/ui/icons';

export function MoreButton(props: Omit<ComponentProps<'button'>, 'aria-label'>) {
  const { t } = useTranslation('conversations');
  return (
    <IconButton aria-haspopup="menu" {...props} label={t('action.more')} data-testid="action-more">
      <IconDots size={18} stroke={1.6} aria-hidden="true" />
    </IconButton>
  );
}
