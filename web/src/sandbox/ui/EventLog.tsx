import { useEffect, useState } from 'react';
import { api, Failure } from '../api';
import { type Locale, type Translate, useLocale, useT } from '../i18n';
import {
  IconArrowDownLeft,
  IconArrowUpRight,
  IconDownload,
  IconPlayerPause,
  IconPlayerPlay,
  IconShieldCheck,
  IconShieldX,
} from '../icons';
import { guarded, pauseLog, usePage } from '../store';
import type { LogEntry, LogEntryWhole } from '../types';
import classes from './EventLog.module.css';

const SLOW_MS = 1000;
const DIRECTIONS = ['all', 'webhook', 'call'] as const;

export function EventLog() {
  const t = useT();
  const { locale } = useLocale();
  const { log, logPaused, logSkipped } = usePage();
  const [direction, setDirection] = useState<(typeof DIRECTIONS)[number]>('all');
  const [open, setOpen] = useState<number | null>(null);
  const shown = direction === 'all' ? log : log.filter((one) => one.direction === direction);

  const download = () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(shown, null, 1)], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = 'sandbox-log.json';
    link.click();
    URL.revokeObjectURL(url);
  };

  return (
    <div className={classes.log}>
      <div className={classes.head}>
        <h2 id="log-title">{t('log')}</h2>
        <span className="chip" data-tone={logPaused ? 'amber' : 'green'}>
          <i className={classes.dot} aria-hidden="true" />
          {t(logPaused ? 'logPaused' : 'logFlowing')}
        </span>
        <span className={classes.space} />
        <select
          className={classes.direction}
          value={direction}
          aria-label={t('direction')}
          onChange={(event) => setDirection(event.target.value as (typeof DIRECTIONS)[number])}
        >
          {DIRECTIONS.map((one) => (
            <option key={one} value={one}>
              {t(`direction_${one}`)}
            </option>
          ))}
        </select>
        <button
          type="button"
          className="icon-button"
          aria-label={t(logPaused ? 'resumeLog' : 'pauseLog')}
          onClick={() => pauseLog(!logPaused)}
        >
          {logPaused ? (
            <IconPlayerPlay size={18} stroke={1.5} aria-hidden="true" />
          ) : (
            <IconPlayerPause size={18} stroke={1.5} aria-hidden="true" />
          )}
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={t('downloadLog')}
          disabled={shown.length === 0}
          onClick={download}
        >
          <IconDownload size={18} stroke={1.5} aria-hidden="true" />
        </button>
      </div>
      {logSkipped > 0 && <p className={classes.skipped}>{t('logSkipped', { n: logSkipped })}</p>}
      {shown.length === 0 ? (
        <div className={classes.empty}>
          <h3>{t('logEmptyTitle')}</h3>
          <p>{t('logEmptyText')}</p>
        </div>
      ) : (
        <ul className={classes.rows} tabIndex={0} aria-labelledby="log-title">
          {shown.map((entry) => (
            <li key={entry.id} data-open={open === entry.id || undefined}>
              <Row
                entry={entry}
                locale={locale}
                t={t}
                open={open === entry.id}
                onOpen={() => setOpen(open === entry.id ? null : entry.id)}
              />
              {open === entry.id && <Details entry={entry} />}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface RowProps {
  entry: LogEntry;
  locale: Locale;
  t: Translate;
  open: boolean;
  onOpen: () => void;
}

function Row({ entry, locale, t, open, onOpen }: RowProps) {
  const toProduct = entry.direction === 'webhook';
  const Arrow = toProduct ? IconArrowDownLeft : IconArrowUpRight;
  const good = entry.status !== null && entry.status < 300;
  return (
    <button type="button" className={classes.row} data-testid="log-row" aria-expanded={open} onClick={onOpen}>
      <time className={classes.time}>{clock(entry.at, locale)}</time>
      <span className={classes.arrow} data-direction={entry.direction}>
        <Arrow size={15} stroke={1.8} aria-hidden="true" />
        <span className="visually-hidden">{t(`direction_${entry.direction}`)}</span>
      </span>
      <span className={classes.label}>{entry.label}</span>
      <span className={classes.about}>{entry.note ?? entry.about}</span>
      <span className={classes.ms} data-slow={entry.ms >= SLOW_MS || undefined}>
        {entry.ms.toLocaleString(locale, { maximumFractionDigits: entry.ms < 10 ? 1 : 0 })} ms
      </span>
      <span className="chip" data-tone={good ? 'green' : 'red'}>
        {entry.status ?? t('noAnswer')}
      </span>
    </button>
  );
}

function clock(at: number, locale: Locale): string {
  const date = new Date(at * 1000);
  const time = date.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  return `${time}${locale === 'tr' ? ',' : '.'}${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function Details({ entry }: { entry: LogEntry }) {
  const t = useT();
  const [whole, setWhole] = useState<LogEntryWhole | null>(null);
  const [gone, setGone] = useState('');
  const [resent, setResent] = useState(false);

  useEffect(() => {
    let here = true;
    api.logEntry(entry.id).then(
      (found) => here && setWhole(found),
      (error: unknown) => here && setGone(error instanceof Failure ? error.message : String(error)),
    );
    return () => {
      here = false;
    };
  }, [entry.id]);

  if (gone) return <p className={classes.details}>{t('problem_other', { message: gone })}</p>;
  if (!whole) return <div className={classes.details} aria-busy="true" />;
  const forged = entry.note?.includes('forged') ?? false;
  const isUpdate = entry.direction === 'webhook' && whole.request.startsWith('{');

  const resend = () => void guarded(async () => api.resend(JSON.parse(whole.request))).then(setResent);

  return (
    <div className={classes.details}>
      {isUpdate && (
        <div className={classes.marks}>
          <span className="chip" data-tone={forged ? 'red' : 'green'}>
            {forged ? (
              <IconShieldX size={15} stroke={1.6} aria-hidden="true" />
            ) : (
              <IconShieldCheck size={15} stroke={1.6} aria-hidden="true" />
            )}
            {t(forged ? 'signatureForged' : 'signatureValid')}
          </span>
          {entry.note && <span className="chip">{entry.note}</span>}
          <button type="button" className={`button ${classes.resend}`} data-look="link" onClick={resend}>
            {t(resent ? 'resent' : 'resend')}
          </button>
        </div>
      )}
      <Body title={t('request')} body={whole.request} />
      <Body title={t('answer')} body={whole.answer} />
    </div>
  );
}

/** Readable when it is JSON; else as it went over the wire. */
function Body({ title, body }: { title: string; body: string }) {
  const t = useT();
  let shown = body;
  try {
    shown = JSON.stringify(JSON.parse(body), null, 1);
  } catch {
    // Not JSON, or cut because it was long: shown as it is.
  }
  return (
    <>
      <h3>{title}</h3>
      <pre tabIndex={0}>{shown || t('empty')}</pre>
    </>
  );
}
