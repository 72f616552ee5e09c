import type { ReactNode } from 'react';
import type { TagColor } from '@/shared/api/types';
import classes from './Chip.module.css';

export type Tone = 'neutral' | 'accent' | 'red' | 'amber' | 'green' | 'blue';

/** A state in a word, with its icon: never by colour alone. */
export function Chip({ tone = 'neutral', icon, children }: { tone?: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <span className={classes.chip} data-tone={tone}>
      {icon}
      {children}
    </span>
  );
}

export function TagDot({ color }: { color: TagColor }) {
  return <span aria-hidden="true" className={classes.dot} style={{ background: `var(--tag-${color})` }} />;
}
