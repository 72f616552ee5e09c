import { useState } from 'react';
import { type Locale, type Translate, useLocale, useT } from '../i18n';
import {
  IconArrowDownLeft,
  IconArrowUpRight,
  IconDownload,
  IconEraser,
  IconPlayerPause,
  IconPlayerPlay,
  IconSearch,
} from '../icons';
import { clearLog, pauseLog, usePage } from '../store';
import type { LogEntry } from '../types';
import classes from './EventLog.module.css';
import { LogDetails } from './LogDetails';
import { WaitingWebhooks } from './WaitingWebhooks';

const SLOW_MS = 1000;
const DIRECTIONS = ['all', 'webhook', 'call', 'failed'] as const;
const good = (entry: LogEntry) => entry.status !== null && entry.status < 300;

export function EventLog() {
  const t = useT();
  const { locale } = useLocale();
  const { log, logPaused, logSkipped } = usePage();
  const [direction, setDirection] = useState<(typeof DIRECTIONS)[number]>('all');
  const [open, setOpen] = useState<number | null>(null);
  const [words, setWords] = useState('');
  const wanted = words.trim().toLocaleLowerCase(locale);
  const shown = log.filter(
    (one) =>
      (direction === 'all' || (direction === 'failed' ? !good(one) : one.direction === direction)) &&
      (!wanted || `${one.label} ${one.about} ${one.note ?? ''} ${one.status ?? ''}`.toLocaleLowerCase(locale).includes(wanted)),
  );

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
        <button
          type="button"
          className="icon-button"
          aria-label={t('clearLog')}
          title={t('clearLog')}
          disabled={log.length === 0}
          data-testid="clear-log"
          onClick={() => void clearLog()}
        >
          <IconEraser size={18} stroke={1.5} aria-hidden="true" />
        </button>
      </div>
      <label className={classes.search}>
        <IconSearch size={15} stroke={1.5} aria-hidden="true" />
        <input
          type="search"
          value={words}
          placeholder={t('searchLog')}
          aria-label={t('searchLog')}
          data-testid="log-search"
          onChange={(event) => setWords(event.target.value)}
        />
      </label>
      <WaitingWebhooks />
      {logSkipped > 0 && <p className={classes.skipped}>{t('logSkipped', { n: logSkipped })}</p>}
      {shown.length === 0 ? (
        <div className={classes.empty}>
          <h3>{t(log.length > 0 ? 'logNothing' : 'logEmptyTitle')}</h3>
          {log.length === 0 && <p>{t('logEmptyText')}</p>}
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
              {open === entry.id && <LogDetails entry={entry} />}
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
      <span className="chip" data-tone={good(entry) ? 'green' : 'red'}>
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
