/** The page's own two languages: whole sentences, chosen by the browser's language and switchable. No library for so few. */
import { create } from 'zustand';
import en from './en.json';
import tr from './tr.json';

export type Locale = 'tr' | 'en';
export type Key = keyof typeof tr;

const strings: Record<Locale, Record<Key, string>> = { tr, en };
const STORAGE_KEY = 'invekto.locale';

function preferred(): Locale {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (stored === 'tr' || stored === 'en') return stored;
  return navigator.language.startsWith('tr') ? 'tr' : 'en';
}

export const useLocale = create<{ locale: Locale }>(() => ({ locale: preferred() }));

export function setLocale(locale: Locale): void {
  localStorage.setItem(STORAGE_KEY, locale);
  document.documentElement.lang = locale;
  useLocale.setState({ locale });
}

export const startLocale = () => {
  document.documentElement.lang = useLocale.getState().locale;
};

export type Translate = (key: Key, values?: Record<string, string | number>) => string;

export function useT(): Translate {
  const { locale } = useLocale();
  return (key, values) => strings[locale][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values?.[name] ?? ''));
}
