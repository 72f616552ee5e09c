/** The strings of the page of contact fields, in both languages: they come with its code. */
import i18next from 'i18next';
import en from './i18n/fields.en.json';
import tr from './i18n/fields.tr.json';

i18next.addResourceBundle('tr', 'fields', tr, true, true);
i18next.addResourceBundle('en', 'fields', en, true, true);
