/** The strings of what is loaded with a thread, in both languages: they come with its code, not with the first load. */
import i18next from 'i18next';
import en from './i18n/thread.en.json';
import tr from './i18n/thread.tr.json';

i18next.addResourceBundle('tr', 'thread', tr, true, true);
i18next.addResourceBundle('en', 'thread', en, true, true);
