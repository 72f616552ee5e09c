import { useRef, useState } from 'react';
import { api } from '../api';
import { setLocale, useLocale, useT } from '../i18n';
import { IconDeviceDesktop, IconExternalLink, IconFlask, IconLanguage, IconMoon, IconRefresh, IconSun } from '../icons';
import { guarded, usePage } from '../store';
import { nextTheme, storedTheme, type Theme, useTheme } from '../theme';
import classes from './TopBar.module.css';

const THEME_ICONS = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop } as const;
const THEME_WORDS = { light: 'themeLight', dark: 'themeDark', auto: 'themeAuto' } as const;

export function TopBar() {
  const t = useT();
  const { locale } = useLocale();
  const [theme, setTheme] = useState<Theme>(storedTheme);
  useTheme(theme);
  const webhookUrl = usePage((page) => page.webhookUrl);
  const dialog = useRef<HTMLDialogElement>(null);
  const ThemeIcon = THEME_ICONS[theme];

  const reset = async () => {
    await guarded(api.reset);
    dialog.current?.close();
  };

  return (
    <header className={classes.bar}>
      <h1 className={classes.title}>{t('title')}</h1>
      <span className="chip" data-tone="amber">
        <IconFlask size={15} stroke={1.6} aria-hidden="true" />
        <span className={classes.chipText}>{t('nobodyReal')}</span>
      </span>
      <span className={classes.space} />
      <button
        type="button"
        className="icon-button"
        aria-label={t('theme', { now: t(THEME_WORDS[theme]) })}
        title={t('theme', { now: t(THEME_WORDS[theme]) })}
        onClick={() => setTheme(nextTheme)}
      >
        <ThemeIcon size={18} stroke={1.5} aria-hidden="true" />
      </button>
      <button
        type="button"
        className={`icon-button ${classes.language}`}
        aria-label={t('language')}
        title={t('language')}
        onClick={() => setLocale(locale === 'tr' ? 'en' : 'tr')}
      >
        <IconLanguage size={18} stroke={1.5} aria-hidden="true" />
      </button>
      <button
        type="button"
        className={`button ${classes.reset}`}
        aria-label={t('reset')}
        onClick={() => dialog.current?.showModal()}
      >
        <IconRefresh size={16} stroke={1.6} aria-hidden="true" />
        <span className={classes.wide}>{t('reset')}</span>
      </button>
      {webhookUrl && (
        <a
          className={`button ${classes.inbox}`}
          data-look="primary"
          href={new URL(webhookUrl).origin}
          target="invekto-inbox"
          aria-label={t('openInbox')}
        >
          <IconExternalLink size={16} stroke={1.6} aria-hidden="true" />
          <span className={classes.wide}>{t('openInbox')}</span>
        </a>
      )}
      <dialog ref={dialog} className={classes.dialog} aria-labelledby="reset-title">
        <h2 id="reset-title">{t('resetAsk')}</h2>
        <div className={classes.answers}>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {t('cancel')}
          </button>
          <button type="button" className="button" data-look="danger" onClick={reset}>
            {t('resetYes')}
          </button>
        </div>
      </dialog>
    </header>
  );
}
