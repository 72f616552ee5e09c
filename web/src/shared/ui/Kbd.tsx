import classes from './Kbd.module.css';

/** A key. `inverse` on the accent or the dark ground of a toast, where it is drawn and no part of the button's name. */
export function Kbd({ children, inverse = false }: { children: string; inverse?: boolean }) {
  return (
    <kbd className={classes.kbd} data-inverse={inverse || undefined} aria-hidden={inverse || undefined} data-key={children}>
      {!inverse && children}
    </kbd>
  );
}
