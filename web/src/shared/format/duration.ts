import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { span } from './time';

/** `6 dk`, `1 sa 11 dk`, `2 g`: the two largest units, because more would only be noise in a list. */
export function useDuration(): (ms: number) => string {
  const { t } = useTranslation('shared');
  return useCallback(
    (ms) => {
      const { days, hours, minutes } = span(ms);
      if (days > 1 || (days > 0 && hours === 0)) return t('duration.days', { days });
      if (days > 0) return t('duration.daysHours', { days, hours });
      if (hours > 0) return minutes > 0 ? t('duration.hoursMinutes', { hours, minutes }) : t('duration.hours', { hours });
      return minutes > 0 ? t('duration.minutes', { minutes }) : t('duration.now');
    },
    [t],
  );
}
