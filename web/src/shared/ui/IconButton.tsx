import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import classes from './IconButton.module.css';

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'aria-label'> {
  label: string;
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

/** A button that is only an icon: always named, the name also shown on hover. */
export function IconButton({ label, children, className, ...rest }: Props) {
  return (
    <button type="button" {...rest} className={`${classes.button} ${className ?? ''}`} aria-label={label} data-tip={label}>
      {children}
    </button>
  );
}
