import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Id } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { IconAlertTriangle, IconCheck, IconRefresh, IconX } from '@/shared/ui/icons';
import { sentenceOf } from '@/shared/ui/showError';
import { checkHop, HOPS, type Hop, type HopName } from '../api';
import classes from './LiveCheck.module.css';

type Row =
  | { hop: HopName; state: 'waiting' | 'asking' | 'lost'; found?: undefined; text?: string }
  | { hop: HopName; state: 'told'; found: Hop };

const shownState = (row: Row) => (row.state === 'told' ? row.found.state : row.state);

/** Asks one hop after the other and draws each answer as it comes. */
export function LiveCheck({ id }: { id: Id }) {
  const { t } = useTranslation('channels');
  const [rows, setRows] = useState<Row[]>([]);
  const [round, setRound] = useState(0);
  const done = rows.length > 0 && rows.every((row) => row.state === 'told' || row.state === 'lost');

  // biome-ignore lint/correctness/useExhaustiveDependencies: each round asks again
  useEffect(() => {
    let left = false;
    const put = (row: Row) => !left && setRows((held) => held.map((one) => (one.hop === row.hop ? row : one)));
    setRows(HOPS.map((hop) => ({ hop, state: 'waiting' })));
    void (async () => {
      for (const hop of HOPS) {
        if (left) return;
        put({ hop, state: 'asking' });
        try {
          put({ hop, state: 'told', found: await checkHop(id, hop) });
        } catch (error) {
          put({ hop, state: 'lost', text: sentenceOf(error) });
        }
      }
    })();
    return () => {
      left = true;
    };
  }, [id, round]);

  return (
    <section aria-labelledby="live-check" aria-busy={!done} data-testid="live-check" data-done={done || undefined}>
      <header className={classes.head}>
        <h3 id="live-check">{t('check.title')}</h3>
        <Button
          size="small"
          disabled={!done}
          icon={<IconRefresh size={14} stroke={1.6} aria-hidden="true" />}
          onClick={() => setRound(round + 1)}
        >
          {t('check.again')}
        </Button>
      </header>
      <ol className={classes.hops}>
        {rows.map((row) => (
          <li key={row.hop} className={classes.hop} data-testid={`hop-${row.hop}`} data-state={shownState(row)}>
            <Mark state={shownState(row)} />
            <div className={classes.words}>
              <h4>{t(`hop.${row.hop}`)}</h4>
              {row.found && <p>{row.found.message}</p>}
              {row.found?.advice && <p className={classes.advice}>{row.found.advice}</p>}
              {row.state === 'lost' && <p className={classes.advice}>{row.text}</p>}
              <span className="visually-hidden">{t(`check.${shownState(row)}`)}</span>
            </div>
            {row.found?.ms != null && <span className={classes.ms}>{t('check.ms', { ms: row.found.ms })}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Mark({ state }: { state: string }) {
  const Icon =
    state === 'ok' ? IconCheck : state === 'warning' ? IconAlertTriangle : state === 'failed' || state === 'lost' ? IconX : null;
  return (
    <span className={classes.mark} data-state={state} aria-hidden="true">
      {Icon && <Icon size={14} stroke={2} />}
    </span>
  );
}
