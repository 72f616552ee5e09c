/** One i18next instance; the strings of a language arrive as one lazily loaded file, made of each feature's JSON. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

export const LOCALES = ['tr', 'en'] as const;
export type Locale = (typeof LOCALES)[number];
export type Strings = Record<string, object>;

const STORAGE_KEY = 'invekto.locale';
const loaders = new Map<Locale, () => Promise<{ default: Strings }>>();

export const isLocale = (value: unknown): value is Locale => LOCALES.includes(value as Locale);

/** What this browser chose before; else its own language when we have it; else Turkish. */
export function preferredLocale(): Locale {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (isLocale(stored)) return stored;
  const known = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLocale);
  return known ?? 'tr';
}

export async function startI18n(files: Record<Locale, () => Promise<{ default: Strings }>>): Promise<void> {
  if (i18next.isInitialized) return;
  for (const locale of LOCALES) loaders.set(locale, files[locale]);
  const locale = preferredLocale();
  const strings = await files[locale]();
  await i18next.use(initReactI18next).init({
    lng: locale,
    fallbackLng: false,
    resources: { [locale]: strings.default } as never,
    defaultNS: 'shared',
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = locale;
}

export async function setLocale(locale: Locale): Promise<void> {
  localStorage.setItem(STORAGE_KEY, locale);
  if (i18next.language === locale) return;
  const strings = await loaders.get(locale)?.();
  for (const [namespace, bundle] of Object.entries(strings?.default ?? {}))
    i18next.addResourceBundle(locale, namespace, bundle, true, true);
  await i18next.changeLanguage(locale);
  document.documentElement.lang = locale;
}

export const currentLocale = (): Locale => (isLocale(i18next.language) ? i18next.language : 'tr');
