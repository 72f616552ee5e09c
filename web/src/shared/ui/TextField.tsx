import type { ComponentProps, ReactNode } from 'react';
import { Field, inputClass } from './Field';
import classes from './TextField.module.css';

interface Shell {
  label: string;
  error?: string | null;
  help?: ReactNode;
  /** Characters that fit: shown beside how many there are. */
  max?: number;
  value: string;
}

interface InputProps extends Shell, Omit<ComponentProps<'input'>, 'value' | 'max'> {}
interface AreaProps extends Shell, Omit<ComponentProps<'textarea'>, 'value'> {}

const problemsOf = (error: string | null | undefined) => (error ? [error] : []);

/** A labelled line of text with its help, its limit and its error. */
export function TextField({ label, error, help, max, ...rest }: InputProps) {
  return (
    <Field label={label} help={help} problems={problemsOf(error)} aside={<Count value={rest.value} max={max} />}>
      {(ids) => <input dir="auto" {...ids} {...rest} className={inputClass} />}
    </Field>
  );
}

export function TextArea({ label, error, help, max, ...rest }: AreaProps) {
  return (
    <Field label={label} help={help} problems={problemsOf(error)} aside={<Count value={rest.value} max={max} />}>
      {(ids) => <textarea dir="auto" rows={4} {...ids} {...rest} className={inputClass} />}
    </Field>
  );
}

function Count({ value, max }: { value: string; max: number | undefined }) {
  if (max === undefined) return null;
  const { length } = value.trim();
  return (
    <span className={classes.count} data-over={length > max || undefined} aria-hidden="true">
      {length}/{max}
    </span>
  );
}
