/** A labelled field of a form: label above, help below, and what is wrong with it in a sentence at its place. */
import { type ReactNode, useId } from 'react';
import classes from './Field.module.css';
import { IconAlertCircle } from './icons';

export interface FieldIds {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

interface Props {
  /** Left out where the label stands elsewhere. */
  label?: ReactNode;
  /** Beside the label: a count, an action. */
  aside?: ReactNode;
  help?: ReactNode;
  problems?: readonly string[];
  optional?: string | undefined;
  /** Gets what binds the input to its label and its texts. */
  children: (ids: FieldIds) => ReactNode;
}

export function Field({ label, aside, help, problems = [], optional, children }: Props) {
  const id = useId();
  const wrong = problems.length > 0;
  const describedBy = [help && `${id}-help`, wrong && `${id}-wrong`].filter(Boolean).join(' ');
  return (
    <div className={classes.field}>
      {label && (
        <div className={classes.top}>
          <label htmlFor={id} className={classes.label}>
            {label}
            {optional && <span className={classes.optional}> · {optional}</span>}
          </label>
          {aside && <span className={classes.aside}>{aside}</span>}
        </div>
      )}
      {children({ id, 'aria-describedby': describedBy || undefined, 'aria-invalid': wrong || undefined })}
      {help && (
        <p id={`${id}-help`} className={classes.help}>
          {help}
        </p>
      )}
      {wrong && (
        <ul id={`${id}-wrong`} className={classes.problems}>
          {problems.map((problem) => (
            <li key={problem}>
              <IconAlertCircle size={14} stroke={1.7} aria-hidden="true" />
              {problem}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The look of a text field, for `input`, `textarea` and `select`. */
export const inputClass = classes.input ?? '';
