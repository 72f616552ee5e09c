import type compose from '@/features/conversations/i18n/compose.tr.json';
import type templates from '@/features/templates/i18n/tr.json';
import type tr from './tr';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shared';
    /** Some come with the code that shows them. */
    resources: typeof tr & { compose: typeof compose; templates: typeof templates };
    returnNull: false;
  }
}
