/** The page's theme: chosen here or the system's. The first paint is done by the small script in the page's head. */
import { useEffect } from 'react';

export type Theme = 'light' | 'dark' | 'auto';
const STORAGE_KEY = 'invekto.theme';
const ORDER: Theme[] = ['auto', 'light', 'dark'];

export function storedTheme(): Theme {
  const stored = localStorage.getItem(STORAGE_KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

export const nextTheme = (now: Theme): Theme => ORDER[(ORDER.indexOf(now) + 1) % ORDER.length] ?? 'auto';

export function useTheme(theme: Theme): void {
  useEffect(() => {
    localStorage.setItem(STORAGE_KEY, theme);
    const system = matchMedia('(prefers-color-scheme: dark)');
    const paint = () => {
      const dark = theme === 'dark' || (theme === 'auto' && system.matches);
      document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
    };
    paint();
    system.addEventListener('change', paint);
    return () => system.removeEventListener('change', paint);
  }, [theme]);
}
