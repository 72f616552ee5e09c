import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useDeferredValue, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { folded } from '@/shared/format/text';
import { currentLocale, type Locale } from '@/shared/i18n/i18n';
import { recent, remember } from '@/shared/ui/recent';
import '../threadTexts';
import classes from './EmojiPicker.module.css';

interface Emoji {
  char: string;
  label: string;
  key: string;
}

interface Group {
  name: string;
  emoji: Emoji[];
}

const COLUMNS = 8;
const RECENT_KEY = 'invekto.emoji';
const RECENT_MAX = 2 * COLUMNS;
const files: Record<Locale, () => Promise<{ default: { name: string; emoji: string[] }[] }>> = {
  tr: () => import('../emoji/tr.json'),
  en: () => import('../emoji/en.json'),
};

async function readEmoji(locale: Locale): Promise<Group[]> {
  const { default: groups } = await files[locale]();
  return groups.map(({ name, emoji }) => ({
    name,
    emoji: emoji.map((line) => {
      const [char = '', label = '', words = ''] = line.split('|');
      return { char, label, key: folded(`${label} ${words}`) };
    }),
  }));
}

const known = (groups: Group[], chars: string[]): Emoji[] => {
  const all = new Map(groups.flatMap(({ emoji }) => emoji.map((one) => [one.char, one] as const)));
  return chars.flatMap((char) => all.get(char) ?? []);
};

function matching(groups: Group[], query: string): Group[] {
  const words = query.split(/\s+/);
  return groups
    .map(({ name, emoji }) => ({ name, emoji: emoji.filter((one) => words.every((word) => one.key.includes(word))) }))
    .filter(({ emoji }) => emoji.length > 0);
}

/** All emoji with words to find them in the user's language; both come when the picker is first opened. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useTranslation('thread');
  const locale = currentLocale();
  const { data } = useQuery({ queryKey: ['emoji', locale], queryFn: () => readEmoji(locale), staleTime: Infinity });
  const [text, setText] = useState('');
  const query = useDeferredValue(folded(text));
  const box = useRef<HTMLDivElement>(null);
  // As it was when the picker opened: what is at the top must not change under the finger.
  const [lately] = useState(() => recent(RECENT_KEY));
  const shown = useMemo(() => {
    if (!data) return [];
    if (!query) return lately.length > 0 ? [{ name: t('menu.recentEmoji'), emoji: known(data, lately) }, ...data] : data;
    return matching(data, query);
  }, [data, query, lately, t]);

  function pick(char: string) {
    remember(RECENT_KEY, char, RECENT_MAX);
    onPick(char);
  }

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    const all = [...(box.current?.querySelectorAll<HTMLElement>('button') ?? [])];
    const at = all.indexOf(event.target as HTMLElement);
    const inField = at < 0;
    // Menus move by arrows and jump by letters: here the arrows are ours and the letters are words.
    if (event.key !== 'Escape' && event.key !== 'Tab') event.stopPropagation();
    if (event.key === 'Enter') {
      // Prevented: the field that has the keyboard after the choice must not take the same key for a line.
      event.preventDefault();
      // What is shown may lag behind fast fingers: the word that stands there now counts.
      const now = folded(text);
      const first = (now === query ? shown : matching(data ?? [], now))[0]?.emoji[0];
      if (!inField) all[at]?.click();
      else if (first) pick(first.char);
    }
    if (step === undefined || (inField && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    if (at === 0 && step < 0) box.current?.querySelector('input')?.focus();
    else all[inField ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
  }

  return (
    <div ref={box} className={classes.picker} onKeyDown={onKeyDown} role="group" aria-label={t('menu.pickEmoji')}>
      <input
        type="search"
        // biome-ignore lint/a11y/noAutofocus: it was opened to look for one
        autoFocus
        data-autofocus
        value={text}
        placeholder={t('menu.searchEmoji')}
        aria-label={t('menu.searchEmoji')}
        data-testid="emoji-search"
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={classes.groups}>
        {shown.map(({ name, emoji }) => (
          <section key={name} aria-label={name}>
            <div className={classes.name} aria-hidden="true">
              {name}
            </div>
            <div>
              {emoji.map(({ char, label }) => (
                <button key={char} type="button" tabIndex={-1} aria-label={label} title={label} onClick={() => pick(char)}>
                  {char}
                </button>
              ))}
            </div>
          </section>
        ))}
        {data && shown.length === 0 && <p role="status">{t('menu.noEmoji')}</p>}
        {!data && <p role="status">{t('menu.loading')}</p>}
      </div>
    </div>
  );
}
