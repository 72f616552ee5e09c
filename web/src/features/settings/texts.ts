/** The strings of this page, in both languages: they come with its code, not with the inbox. */
import i18next from 'i18next';
import en from './i18n/en.json';
import tr from './i18n/tr.json';

i18next.addResourceBundle('tr', 'settings', tr, true, true);
i18next.addResourceBundle('en', 'settings', en, true, true);
