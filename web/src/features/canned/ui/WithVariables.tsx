import { useTranslation } from 'react-i18next';
import { VARIABLES } from '../model/draft';
import classes from './CannedPage.module.css';

/** A reply's text in which variables stand by their names instead of their codes. */
export function WithVariables({ text }: { text: string }) {
  const { t } = useTranslation('canned');
  const parts = text.split(/(\{\{\s*[^{}]*?\s*\}\})/);
  return parts.map((part, at) => {
    const name = VARIABLES.find((one) => part === `{{${one}}}`);
    if (!name) return part;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
      <span key={at} className={classes.variable}>
        {t(`variable.${name.replace('.', '_') as 'firm_name'}`)}
      </span>
    );
  });
}
