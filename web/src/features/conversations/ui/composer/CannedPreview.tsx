import { useTranslation } from 'react-i18next';
import { gapsIn, type Variable } from '../../model/canned';
import classes from './CannedList.module.css';

/** The text with what we know put in, marked; what we do not know is named. */
export function CannedPreview({ text, values }: { text: string; values: Record<Variable, string> }) {
  const { t } = useTranslation('conversations');
  const gaps = gapsIn(text);
  return (
    <p className={classes.preview} dir="auto">
      {gaps.map((gap, at) => {
        const before = text.slice(gaps[at - 1]?.to ?? 0, gap.from);
        const value = values[gap.variable];
        return (
          <span key={gap.from}>
            {before}
            <mark data-missing={value ? undefined : true}>
              {value || t(`variable.${gap.variable.replace('.', '_') as 'firm_name'}`)}
            </mark>
          </span>
        );
      })}
      {text.slice(gaps[gaps.length - 1]?.to ?? 0)}
    </p>
  );
}
