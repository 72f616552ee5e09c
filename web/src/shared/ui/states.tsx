/** What a place shows when it has nothing to show: not yet, nothing at all, or not reachable. */

import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';
import { IconAlertCircle } from './icons';
import classes from './states.module.css';

/** Skeletons appear only when loading takes longer than a blink. */
export function useSlow(afterMs = 100): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), afterMs);
    return () => clearTimeout(timer);
  }, [afterMs]);
  return slow;
}

export function Empty({ icon, title, text, action }: { icon?: ReactNode; title: string; text?: string; action?: ReactNode }) {
  return (
    <div className={classes.empty}>
      {icon && <span className={classes.icon}>{icon}</span>}
      <p className={classes.title}>{title}</p>
      {text && <p className={classes.text}>{text}</p>}
      {action}
    </div>
  );
}

/** What happened, what to do, one button. */
export function ErrorBar({ children, onRetry, retryLabel }: { children: ReactNode; onRetry?: () => void; retryLabel?: string }) {
  const { t } = useTranslation('shared');
  return (
    <div className={classes.error} role="alert">
      <IconAlertCircle size={16} stroke={1.6} aria-hidden="true" />
      <span className={classes.sentence}>{children}</span>
      {onRetry && (
        <Button size="small" onClick={onRetry}>
          {retryLabel ?? t('retry')}
        </Button>
      )}
    </div>
  );
}

export function SkeletonRows({ count, faded = false }: { count: number; faded?: boolean }) {
  return (
    <div aria-hidden="true" className={faded ? classes.faded : undefined}>
      {Array.from({ length: count }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
        <div key={index} className={classes.row}>
          <span className={classes.disc} />
          <span className={classes.lines}>
            <span style={{ inlineSize: `${38 + ((index * 17) % 24)}%` }} />
            <span style={{ inlineSize: `${62 + ((index * 23) % 28)}%` }} />
          </span>
        </div>
      ))}
    </div>
  );
}

export function SkeletonThread() {
  const shapes = ['in 46%', 'in 30%', 'out 52%', 'out 24%', 'in 38%', 'out 44%'];
  return (
    <div aria-hidden="true" className={classes.thread}>
      {shapes.map((shape) => {
        const [side, width] = shape.split(' ');
        return <span key={shape} data-side={side} style={{ inlineSize: width }} />;
      })}
    </div>
  );
}
