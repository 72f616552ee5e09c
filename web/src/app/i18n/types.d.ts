import type templates from '@/features/templates/i18n/tr.json';
import type tr from './tr';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shared';
    /** `templates` comes with the code that shows it. */
    resources: typeof tr & { templates: typeof templates };
    returnNull: false;
  }
}
