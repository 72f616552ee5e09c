import classes from './Kbd.module.css';

/** A key. `inverse` on the accent or the dark ground of a toast. */
export function Kbd({ children, inverse = false }: { children: string; inverse?: boolean }) {
  return (
    <kbd className={classes.kbd} data-inverse={inverse || undefined} aria-hidden={inverse || undefined}>
      {children}
    </kbd>
  );
}
