/** Brings the user's language and theme, kept on the server, onto this browser. */
import type { MantineColorSchemeManager } from '@mantine/core';
import { localStorageColorSchemeManager } from '@mantine/core';
import type { Session } from '@/shared/api/types';
import { type Locale, setLocale } from '@/shared/i18n/i18n';
import { savePreference } from '@/shared/session/session';

/** The same key is read by theme-boot.js before the first paint. */
export const schemes: MantineColorSchemeManager = localStorageColorSchemeManager({ key: 'invekto.theme' });

let showTheme: (theme: Session['user']['theme']) => void = (theme) => schemes.set(theme);

/** The provider tells how a theme is shown at once; before it is there, storage has to do. */
export function setThemeApplier(apply: typeof showTheme): void {
  showTheme = apply;
}

export async function applyPreferences(session: Session, chosenHere: Locale | null): Promise<void> {
  showTheme(session.user.theme);
  if (chosenHere && chosenHere !== session.user.locale) await savePreference({ locale: chosenHere });
  else await setLocale(session.user.locale);
}
