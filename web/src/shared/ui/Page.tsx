/** What every page beside the inbox has: its frame, its heading with what can be done, the way back, its list. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { IconChevronLeft } from './icons';
import classes from './Page.module.css';

/** `text` is as wide as one reads, `wide` fits rows of a table. */
export function Page({ width = 'wide', children }: { width?: 'text' | 'wide'; children: ReactNode }) {
  return (
    <main className={classes.page} data-width={width}>
      <div className={classes.column}>{children}</div>
    </main>
  );
}

interface HeaderProps {
  title: string;
  /** What the page is for, or what is on it. */
  lead?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, lead, actions }: HeaderProps) {
  return (
    <header className={classes.header}>
      <div className={classes.words}>
        <h1>{title}</h1>
        {lead && <p>{lead}</p>}
      </div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </header>
  );
}

/** From a page about one thing to the list it is of. */
export function PageBack({ to, children }: { to: '/templates'; children: ReactNode }) {
  return (
    <Link to={to} className={classes.back}>
      <IconChevronLeft size={16} stroke={1.6} aria-hidden="true" />
      {children}
    </Link>
  );
}

/** The look of a list of rows in one card, for a `ul` and its `li`. */
export const rowsClass = classes.rows ?? '';
