import type { ComponentProps } from 'react';
import { inputClass } from './Field';
import { IconSearch } from './icons';
import classes from './SearchField.module.css';

interface Props extends Omit<ComponentProps<'input'>, 'type' | 'placeholder'> {
  /** Also what stands in it while it is empty. */
  label: string;
}

/** Where one looks for something in a list. */
export function SearchField({ label, className, ...rest }: Props) {
  return (
    <div className={`${classes.search} ${className ?? ''}`}>
      <IconSearch size={16} stroke={1.6} aria-hidden="true" />
      <input type="search" className={inputClass} aria-label={label} placeholder={label} {...rest} />
    </div>
  );
}
