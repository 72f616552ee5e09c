import { type ReactNode, useId } from 'react';
import classes from './ChoiceList.module.css';

export interface Choice<Value extends string> {
  value: Value;
  label: string;
  /** What choosing it means. */
  help?: string;
  /** Shown below while it is chosen: what it needs besides. */
  more?: ReactNode;
}

interface Props<Value extends string> {
  legend: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  disabled?: boolean;
}

/** One of a few, each with what it means. */
export function ChoiceList<Value extends string>({ legend, choices, value, onChange, disabled = false }: Props<Value>) {
  const name = useId();
  return (
    <fieldset className={classes.choices} disabled={disabled}>
      <legend>{legend}</legend>
      {choices.map((choice) => (
        <div key={choice.value} className={classes.choice} data-chosen={choice.value === value || undefined}>
          <label>
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === value}
              aria-describedby={choice.help ? `${name}-${choice.value}` : undefined}
              onChange={() => onChange(choice.value)}
            />
            {choice.label}
          </label>
          {choice.help && <p id={`${name}-${choice.value}`}>{choice.help}</p>}
          {choice.value === value && choice.more && <div className={classes.more}>{choice.more}</div>}
        </div>
      ))}
    </fieldset>
  );
}
