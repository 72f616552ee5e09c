import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconMoon, IconSun } from '@/shared/ui/icons';
import type { Shown } from '../model/template';
import { PhoneBubble } from './PhoneBubble';
import classes from './Preview.module.css';

interface Props {
  shown: Shown;
  media?: { url: string | null; name: string | null } | undefined;
  active?: string | null;
}

/** The bubble with a switch: the customer's phone has a light and a dark of its own. */
export function Preview({ shown, media, active }: Props) {
  const { t } = useTranslation('templates');
  const [dark, setDark] = useState(() => document.documentElement.dataset.mantineColorScheme === 'dark');
  return (
    <aside className={classes.preview} aria-label={t('preview.label')}>
      <div className={classes.head}>
        <h2>{t('preview.label')}</h2>
        <div className={classes.switch} role="group" aria-label={t('preview.scheme')}>
          <button type="button" aria-pressed={!dark} aria-label={t('preview.light')} onClick={() => setDark(false)}>
            <IconSun size={16} stroke={1.6} aria-hidden="true" />
          </button>
          <button type="button" aria-pressed={dark} aria-label={t('preview.dark')} onClick={() => setDark(true)}>
            <IconMoon size={16} stroke={1.6} aria-hidden="true" />
          </button>
        </div>
      </div>
      <PhoneBubble shown={shown} media={media} scheme={dark ? 'dark' : 'light'} active={active} />
    </aside>
  );
}
