/** The strings of templates and first messages, in both languages: they come with the code that shows them, not with the first load. */
import i18next from 'i18next';
import en from './i18n/en.json';
import tr from './i18n/tr.json';

i18next.addResourceBundle('tr', 'templates', tr, true, true);
i18next.addResourceBundle('en', 'templates', en, true, true);
