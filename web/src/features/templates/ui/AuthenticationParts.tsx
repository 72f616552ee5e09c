import { useTranslation } from 'react-i18next';
import { Field, inputClass } from '@/shared/ui/Field';
import type { Editor } from '../model/useEditor';
import classes from './Editor.module.css';

/** WhatsApp writes these texts itself; a firm says what shall be in them. */
export function AuthenticationParts({ editor }: { editor: Editor }) {
  const { t } = useTranslation('templates');
  const { draft, change, touch, at } = editor;
  return (
    <fieldset className={classes.part}>
      <legend>{t('authentication.title')}</legend>
      <p className={classes.help}>{t('authentication.lead')}</p>
      <label className={classes.check}>
        <input type="checkbox" checked={draft.advice} onChange={(event) => change({ advice: event.currentTarget.checked })} />
        {t('authentication.advice')}
      </label>
      <Field label={t('authentication.minutes')} optional={t('optional')} problems={at('minutes')}>
        {(ids) => (
          <input
            {...ids}
            name="minutes"
            className={`${inputClass} ${classes.short}`}
            inputMode="numeric"
            value={draft.minutes}
            onBlur={() => touch('minutes')}
            onChange={(event) => {
              touch('minutes');
              change({ minutes: event.currentTarget.value });
            }}
          />
        )}
      </Field>
    </fieldset>
  );
}
