import { useTranslation } from 'react-i18next';
import { Field, inputClass } from '@/shared/ui/Field';
import type { Editor } from '../model/useEditor';
import classes from './Editor.module.css';

/** An example for each variable: the reviewer at WhatsApp reads the text with them. */
export function Samples({ editor, where, names }: { editor: Editor; where: 'header' | 'body'; names: string[] }) {
  const { t } = useTranslation('templates');
  const { draft, change, touch, at } = editor;
  if (names.length === 0) return null;
  return (
    <div className={classes.samples} role="group" aria-label={t('editor.samples')}>
      {names.map((name) => {
        const key = `${where}.${name}`;
        const place = `sample.${key}`;
        return (
          <Field key={key} label={t('editor.sample', { name: `{{${name}}}` })} problems={at(place)}>
            {(ids) => (
              <input
                {...ids}
                name={place}
                className={inputClass}
                dir="auto"
                autoComplete="off"
                value={draft.samples[key] ?? ''}
                onBlur={() => touch(place)}
                onChange={(event) => change({ samples: { ...draft.samples, [key]: event.currentTarget.value } })}
              />
            )}
          </Field>
        );
      })}
    </div>
  );
}
