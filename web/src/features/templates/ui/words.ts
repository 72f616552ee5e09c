/** How the provider's words are called: categories, states, quality, languages. What we do not know is shown as it came. */
import { useTranslation } from 'react-i18next';
import type { Tone } from '@/shared/ui/Chip';
import { type StateName, stateOf } from '../model/states';

const CATEGORIES = ['MARKETING', 'UTILITY', 'AUTHENTICATION'] as const;
export const TONES: Record<StateName, Tone> = {
  approved: 'green',
  flagged: 'amber',
  pending: 'blue',
  appeal: 'blue',
  rejected: 'red',
  paused: 'amber',
  disabled: 'red',
  limited: 'amber',
  archived: 'neutral',
  deleting: 'neutral',
  deleted: 'neutral',
};

export function useWords() {
  const { t, i18n } = useTranslation('templates');
  const names = new Intl.DisplayNames([i18n.language], { type: 'language', languageDisplay: 'standard', style: 'short' });
  return {
    category: (value: string): string => {
      const known = CATEGORIES.find((name) => name === value);
      return known ? t(`category.${known}`) : value;
    },
    status: (value: string): string => {
      const known = stateOf(value);
      return known ? t(`status.${known}`) : value;
    },
    language: (code: string): string => {
      try {
        return names.of(code.replace('_', '-')) ?? code;
      } catch {
        return code; // Not a code that the browser knows: as it came.
      }
    },
  };
}
