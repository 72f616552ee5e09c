/** The strings of signing in, in both languages: they come with its code, not with the inbox. */
import i18next from 'i18next';
import en from './i18n/en.json';
import tr from './i18n/tr.json';

i18next.addResourceBundle('tr', 'accounts', tr, true, true);
i18next.addResourceBundle('en', 'accounts', en, true, true);
