import { useTranslation } from 'react-i18next';
import { Field, inputClass } from '@/shared/ui/Field';
import { LIMITS } from '../model/draft';
import type { Editor } from '../model/useEditor';

/** One line of plain text with its count. */
export function TextPart({ editor, part, help }: { editor: Editor; part: 'footer'; help: string }) {
  const { t } = useTranslation('templates');
  const { draft, change, touch, at } = editor;
  return (
    <Field
      label={t(`editor.${part}`)}
      optional={t('optional')}
      aside={`${draft[part].length} / ${LIMITS[part]}`}
      help={help}
      problems={at(part)}
    >
      {(ids) => (
        <input
          {...ids}
          name={part}
          className={inputClass}
          dir="auto"
          value={draft[part]}
          onBlur={() => touch(part)}
          onChange={(event) => {
            touch(part);
            change({ [part]: event.currentTarget.value });
          }}
        />
      )}
    </Field>
  );
}
