import { useEffect, useState } from 'react';
import { api, Failure } from '../api';
import { useT } from '../i18n';
import { IconCopy, IconShieldCheck, IconShieldX } from '../icons';
import { guarded } from '../store';
import type { LogEntry, LogEntryWhole } from '../types';
import classes from './EventLog.module.css';

/** One call or webhook whole: address, headers, both bodies; a webhook can be sent again. */
export function LogDetails({ entry }: { entry: LogEntry }) {
  const t = useT();
  const [whole, setWhole] = useState<LogEntryWhole | null>(null);
  const [gone, setGone] = useState('');
  const [resent, setResent] = useState<string | null>(null);

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

  const resend = () =>
    void guarded(async () => {
      const answer = await api.resend(entry.id);
      setResent(answer.status === null ? (answer.error ?? t('noAnswer')) : String(answer.status));
    });

  return (
    <div className={classes.details}>
      <div className={classes.marks}>
        {isUpdate && (
          <span className="chip" data-tone={forged ? 'red' : 'green'}>
            {forged ? (
              <IconShieldX size={15} stroke={1.6} aria-hidden="true" />
            ) : (
              <IconShieldCheck size={15} stroke={1.6} aria-hidden="true" />
            )}
            {t(forged ? 'signatureForged' : 'signatureValid')}
          </span>
        )}
        {entry.note && <span className="chip">{entry.note}</span>}
        {isUpdate && !whole.cut && (
          <button type="button" className={`button ${classes.resend}`} data-look="link" data-testid="resend" onClick={resend}>
            {resent === null ? t('resend') : t('resentAnswer', { answer: resent })}
          </button>
        )}
      </div>
      {whole.url && <p className={classes.address}>{whole.url}</p>}
      <Part title={t('request')} headers={whole.request_headers} body={whole.request} />
      <Part title={t('answer')} headers={whole.answer_headers} body={whole.answer} />
      {whole.cut && <p className={classes.address}>{t('bodyCut')}</p>}
    </div>
  );
}

/** Readable when it is JSON; else as it went over the wire, which is also what is copied. */
function Part({ title, headers, body }: { title: string; headers: Record<string, string>; body: string }) {
  const t = useT();
  const [copied, setCopied] = useState(false);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  let shown = body;
  try {
    shown = JSON.stringify(JSON.parse(body), null, 1);
  } catch {
    // Not JSON, or cut because it was long: shown as it is.
  }
  const copy = async () => {
    await navigator.clipboard.writeText(body);
    setCopied(true);
  };
  return (
    <>
      <div className={classes.partHead}>
        <h3>{title}</h3>
        {body && (
          <button
            type="button"
            className="icon-button"
            aria-label={t('copyBody', { part: title })}
            title={t(copied ? 'copied' : 'copyBody', { part: title })}
            onClick={() => void copy()}
          >
            <IconCopy size={15} stroke={1.5} aria-hidden="true" />
          </button>
        )}
      </div>
      {lines.length > 0 && (
        <details className={classes.headers}>
          <summary>{t('headers', { n: lines.length })}</summary>
          <pre tabIndex={0}>{lines.join('\n')}</pre>
        </details>
      )}
      <pre tabIndex={0}>{shown || t('empty')}</pre>
    </>
  );
}
