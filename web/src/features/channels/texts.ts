/** The strings of these pages, in both languages: they come with their code, not with the inbox. */
import i18next from 'i18next';
import en from './i18n/en.json';
import tr from './i18n/tr.json';

i18next.addResourceBundle('tr', 'channels', tr, true, true);
i18next.addResourceBundle('en', 'channels', en, true, true);
