/** The page's strings, in both languages: they come with its code, not with the first load. */
import i18next from 'i18next';
import en from './i18n/en.json';
import tr from './i18n/tr.json';

i18next.addResourceBundle('tr', 'search', tr, true, true);
i18next.addResourceBundle('en', 'search', en, true, true);
