import { useTranslation } from 'react-i18next';
import { fieldKey, gapsIn, nameKey, type VARIABLES } from '../../model/canned';
import classes from './CannedList.module.css';

/** The text with what we know put in, marked; what we do not know is named. */
export function CannedPreview({ text, values }: { text: string; values: Record<(typeof VARIABLES)[number], string> }) {
  const { t } = useTranslation('conversations');
  const gaps = gapsIn(text);
  return (
    <p className={classes.preview} dir="auto">
      {gaps.map((gap, at) => {
        const before = text.slice(gaps[at - 1]?.to ?? 0, gap.from);
        const known = nameKey(gap.variable);
        const value = (values as Partial<Record<string, string>>)[gap.variable];
        return (
          <span key={gap.from}>
            {before}
            <mark data-missing={value ? undefined : true}>
              {value || (known ? t(`variable.${known}`) : fieldKey(gap.variable))}
            </mark>
          </span>
        );
      })}
      {text.slice(gaps[gaps.length - 1]?.to ?? 0)}
    </p>
  );
}
