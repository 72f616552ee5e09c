import { useEffect, useState } from 'react';
import { api } from '../api';
import { type Key, useT } from '../i18n';
import { IconPlayerPlay } from '../icons';
import { guarded, narrow, play, usePage } from '../store';
import classes from './Scenarios.module.css';

/** Ready-made scenes of a desk's day, each by one click. */
export function Scenarios() {
  const t = useT();
  const playing = usePage((page) => page.playing);
  const ready = usePage((page) => page.phase === 'ready');
  const [small] = useState(narrow);
  const [names, setNames] = useState<string[]>([]);

  useEffect(() => {
    if (ready) void guarded(async () => setNames((await api.scenarios()).items));
  }, [ready]);

  if (names.length === 0) return null;
  return (
    <details className={classes.scenarios} open={!small}>
      <summary>{t('scenarios')}</summary>
      <ul>
        {names.map((name) => {
          const running = playing?.running === true && playing.name === name;
          return (
            <li key={name}>
              <button
                type="button"
                data-testid={`scenario-${name}`}
                title={t(`scenario_${name}_text` as Key)}
                aria-busy={running}
                disabled={running}
                onClick={() => void play(name)}
              >
                <IconPlayerPlay size={15} stroke={1.6} aria-hidden="true" />
                {t(`scenario_${name}` as Key)}
              </button>
            </li>
          );
        })}
      </ul>
      <p role="status">
        {playing?.running && t('scenarioRunning', { name: t(`scenario_${playing.name}` as Key) })}
        {playing?.problem && t('problem_other', { message: playing.problem })}
      </p>
    </details>
  );
}
