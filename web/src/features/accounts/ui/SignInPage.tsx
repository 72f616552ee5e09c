import { Menu, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/client';
import type { Session } from '@/shared/api/types';
import { currentLocale, LOCALES, type Locale, setLocale } from '@/shared/i18n/i18n';
import { Button } from '@/shared/ui/Button';
import {
  IconAlertCircle,
  IconChevronDown,
  IconEye,
  IconEyeOff,
  IconHourglass,
  IconInfoCircle,
  IconLanguage,
} from '@/shared/ui/icons';
import { Logo } from '@/shared/ui/Logo';
import '@/shared/ui/mantine-inputs.css';
import '@/shared/ui/mantine-menu.css';
import { signIn } from '../api';
import '../texts';
import classes from './SignInPage.module.css';

interface Props {
  /** The session ended while somebody worked: said in a line, so that the page is no surprise. */
  ended: boolean;
  onSignedIn: (session: Session, languageChosenHere: Locale | null) => void;
}

const FIRM_KEY = 'invekto.firm';
const FIELDS = ['firm', 'user', 'password'] as const;
type Field = (typeof FIELDS)[number];
type Problem = { kind: 'refused' | 'offline' | 'unexpected'; text?: string } | { kind: 'throttled'; until: number };

export function SignInPage({ ended, onSignedIn }: Props) {
  const { t } = useTranslation('accounts');
  const [values, setValues] = useState({ firm: localStorage.getItem(FIRM_KEY) ?? '', user: '', password: '' });
  const [missing, setMissing] = useState<Field[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [chosenHere, setChosenHere] = useState<Locale | null>(null);
  const [locale, setShownLocale] = useState(currentLocale());
  const form = useRef<HTMLFormElement>(null);
  const left = useCountdown(problem?.kind === 'throttled' ? problem.until : null, () => setProblem(null));

  useEffect(() => {
    document.title = `${t('signIn')} · Invekto`;
  }, [t]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy || left > 0) return;
    const empty = FIELDS.filter((field) => values[field].trim() === '');
    setMissing(empty);
    if (empty[0]) {
      form.current?.querySelector<HTMLInputElement>(`[name="${empty[0]}"]`)?.focus();
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      const session = await signIn({ ...values, firm: values.firm.trim(), user: values.user.trim() });
      localStorage.setItem(FIRM_KEY, values.firm.trim());
      onSignedIn(session, chosenHere);
    } catch (error) {
      setBusy(false);
      setProblem(problemOf(error));
      form.current?.querySelector<HTMLInputElement>('[name="password"]')?.select();
    }
  }

  async function choose(language: Locale) {
    await setLocale(language);
    setChosenHere(language);
    setShownLocale(language);
  }

  const input = (field: Field) => ({
    name: field,
    label: t(`field.${field}`),
    value: values[field],
    error: missing.includes(field) ? t(`missing.${field}`) : undefined,
    size: 'md',
    onChange: (event: { currentTarget: HTMLInputElement }) => {
      const { value } = event.currentTarget;
      setValues((held) => ({ ...held, [field]: value }));
      setMissing((held) => held.filter((name) => name !== field));
    },
  });

  return (
    <div className={classes.page}>
      <header className={classes.top}>
        <span className={classes.brand}>
          <Logo size={30} />
          invekto
        </span>
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <button type="button" className={classes.language}>
              <IconLanguage size={16} stroke={1.5} aria-hidden="true" />
              <span className="visually-hidden">{t('language')}:</span>
              {t(`languages.${locale}`)}
              <IconChevronDown size={14} stroke={1.5} aria-hidden="true" />
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            {LOCALES.map((language) => (
              <Menu.Item key={language} lang={language} onClick={() => void choose(language)}>
                {t(`languages.${language}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </header>
      <main className={classes.main}>
        <form ref={form} className={classes.form} onSubmit={(event) => void submit(event)} noValidate>
          <h1 className={classes.title}>{t('title')}</h1>
          <p className={classes.lead}>{t('lead')}</p>
          {ended && !problem && (
            <p className={classes.notice} role="status">
              <IconInfoCircle size={16} stroke={1.6} aria-hidden="true" />
              {t('ended')}
            </p>
          )}
          {problem && (
            <p className={classes.problem} role="alert" data-tone={problem.kind === 'throttled' ? 'amber' : 'red'}>
              {problem.kind === 'throttled' ? (
                <IconHourglass size={16} stroke={1.6} aria-hidden="true" />
              ) : (
                <IconAlertCircle size={16} stroke={1.6} aria-hidden="true" />
              )}
              <span>
                {problem.kind === 'throttled' ? t('throttled', { count: left }) : (problem.text ?? t(`problem.${problem.kind}`))}
              </span>
            </p>
          )}
          <TextInput
            {...input('firm')}
            autoComplete="organization"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus={!values.firm}
          />
          <TextInput
            {...input('user')}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus={Boolean(values.firm)}
          />
          <PasswordInput
            {...input('password')}
            autoComplete="current-password"
            visibilityToggleIcon={({ reveal }) =>
              reveal ? <IconEyeOff size={18} stroke={1.5} /> : <IconEye size={18} stroke={1.5} />
            }
            visibilityToggleButtonProps={{ 'aria-label': t('showPassword'), tabIndex: 0, size: 28 }}
          />
          <Button look="primary" type="submit" size="large" busy={busy} disabled={left > 0} className={classes.submit}>
            {left > 0 ? t('waitSeconds', { count: left }) : t('signIn')}
          </Button>
        </form>
      </main>
    </div>
  );
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof ApiError)) return { kind: 'offline' };
  if (error.code === 'sign_in_throttled') {
    return { kind: 'throttled', until: Date.now() + Number(error.params.retry_after_s ?? 30) * 1000 };
  }
  if (error.code === 'credentials_invalid') return { kind: 'refused' };
  return { kind: 'unexpected', ...(error.message ? { text: error.message } : {}) };
}

function useCountdown(until: number | null, onEnd: () => void): number {
  const [left, setLeft] = useState(0);
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    if (until === null) {
      setLeft(0);
      return;
    }
    const count = () => {
      const seconds = Math.ceil((until - Date.now()) / 1000);
      setLeft(Math.max(0, seconds));
      if (seconds <= 0) end.current();
    };
    count();
    const timer = setInterval(count, 500);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}
