import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import classes from './Button.module.css';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** One primary per view; outlined is the rule. */
  look?: 'primary' | 'outlined' | 'ghost' | 'danger';
  /** 28 in bars and bubbles, 32 usually, 44 in forms. */
  size?: 'small' | 'normal' | 'large';
  icon?: ReactNode;
  end?: ReactNode;
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({
  look = 'outlined',
  size = 'normal',
  icon,
  end,
  busy = false,
  children,
  className,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`${classes.button} ${className ?? ''}`}
      data-look={look}
      data-size={size}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
    >
      {busy ? <span className={classes.ring} /> : icon}
      {children}
      {end}
    </button>
  );
}
