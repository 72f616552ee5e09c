import type accounts from '@/features/accounts/i18n/tr.json';
import type canned from '@/features/canned/i18n/tr.json';
import type channels from '@/features/channels/i18n/tr.json';
import type fields from '@/features/contacts/i18n/fields.tr.json';
import type contacts from '@/features/contacts/i18n/tr.json';
import type compose from '@/features/conversations/i18n/compose.tr.json';
import type thread from '@/features/conversations/i18n/thread.tr.json';
import type search from '@/features/search/i18n/tr.json';
import type settings from '@/features/settings/i18n/tr.json';
import type templates from '@/features/templates/i18n/tr.json';
import type tr from './tr';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shared';
    /** What is not in `tr` comes with the code that shows it. */
    resources: typeof tr & {
      accounts: typeof accounts;
      canned: typeof canned;
      channels: typeof channels;
      compose: typeof compose;
      thread: typeof thread;
      contacts: typeof contacts;
      search: typeof search;
      settings: typeof settings;
      fields: typeof fields;
      templates: typeof templates;
    };
    returnNull: false;
  }
}
