import type { ReactNode } from 'react';
import { IconChevronRight } from '@/shared/ui/icons';
import classes from './ContactPanel.module.css';

/** A part of the panel that folds away. `action` stands beside its title while it is open. */
export function Section({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <details className={classes.section} open>
      <summary>
        <h3>{title}</h3>
        <IconChevronRight size={16} stroke={1.6} aria-hidden="true" />
      </summary>
      {action && <div className={classes.action}>{action}</div>}
      {children}
    </details>
  );
}
