/** The strings of what opens beside the composer, in both languages: they come with its code, not with the first load. */
import i18next from 'i18next';
import en from './i18n/compose.en.json';
import tr from './i18n/compose.tr.json';

i18next.addResourceBundle('tr', 'compose', tr, true, true);
i18next.addResourceBundle('en', 'compose', en, true, true);
