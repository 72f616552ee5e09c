import { type KeyboardEvent, useId, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import { Field, inputClass } from '@/shared/ui/Field';
import { IconButton } from '@/shared/ui/IconButton';
import { IconBold, IconBraces, IconCode, IconItalic, IconStrikethrough } from '@/shared/ui/icons';
import { bodyVariables, type Format, LIMITS, nextVariable, variableName, withFormat } from '../model/draft';
import type { Editor } from '../model/useEditor';
import classes from './Editor.module.css';
import { Samples } from './Samples';

const MARKS = [
  { name: 'bold', mark: '*', key: 'b', Icon: IconBold },
  { name: 'italic', mark: '_', key: 'i', Icon: IconItalic },
  { name: 'strike', mark: '~', key: null, Icon: IconStrikethrough },
  { name: 'mono', mark: '```', key: null, Icon: IconCode },
] as const;
const FORMATS: Format[] = ['POSITIONAL', 'NAMED'];
/** Names that the desk fills in by itself when the template is sent. */
const WISHES = ['ad', 'ad_soyad', 'temsilci', 'firma', 'tarih', 'saat', 'siparis_no'];

export function BodyPart({ editor }: { editor: Editor }) {
  const { t } = useTranslation('templates');
  const { draft, change, touch, at } = editor;
  const input = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState<[number, number] | null>(null);
  const [wish, setWish] = useState('ad');
  const id = useId();
  const named = draft.format === 'NAMED';

  // After the text has changed by a button the caret stands where one writes on.
  useLayoutEffect(() => {
    if (!caret) return;
    input.current?.focus();
    input.current?.setSelectionRange(...caret);
    setCaret(null);
  }, [caret]);

  function put(before: string, after = '') {
    const { selectionStart: from, selectionEnd: to } = input.current ?? { selectionStart: draft.body.length, selectionEnd: 0 };
    const end = Math.max(from, to);
    const chosen = draft.body.slice(from, end);
    change({ body: `${draft.body.slice(0, from)}${before}${chosen}${after}${draft.body.slice(end)}` });
    const start = from + before.length;
    setCaret(after ? [start, start + chosen.length] : [start, start]);
  }

  const insert = () => put(`{{${nextVariable(draft.body, draft.format, wish)}}}`);

  function onKeyDown(event: KeyboardEvent) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const found = MARKS.find(({ key }) => key === event.key.toLowerCase());
    if (!found) return;
    event.preventDefault();
    put(found.mark, found.mark);
  }

  return (
    <section className={classes.part} aria-label={t('editor.body')}>
      <div className={classes.top}>
        <label htmlFor={id} className={classes.title}>
          {t('editor.body')}
        </label>
        <span className={classes.count}>
          {draft.body.length} / {LIMITS.body}
        </span>
      </div>
      <div className={classes.tools}>
        <div className={classes.marks} role="group" aria-label={t('editor.marks')}>
          {MARKS.map(({ name, mark, Icon }) => (
            <IconButton key={name} label={t(`mark.${name}`)} onClick={() => put(mark, mark)}>
              <Icon size={16} stroke={1.7} aria-hidden="true" />
            </IconButton>
          ))}
        </div>
        {named && (
          <>
            <input
              className={`${inputClass} ${classes.wish}`}
              list={`${id}-wishes`}
              aria-label={t('editor.variableName')}
              dir="ltr"
              spellCheck={false}
              value={wish}
              onChange={(event) => setWish(event.currentTarget.value)}
              onBlur={() => setWish(variableName(wish))}
              onKeyDown={(event) => {
                if (event.key !== 'Enter') return;
                event.preventDefault();
                insert();
              }}
            />
            <datalist id={`${id}-wishes`}>
              {WISHES.map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        )}
        <Button
          size="small"
          data-testid="template-variable"
          icon={<IconBraces size={14} stroke={1.7} aria-hidden="true" />}
          onClick={insert}
        >
          {t('editor.addVariable')}
        </Button>
        <div className={classes.choices} role="group" aria-label={t('editor.format')}>
          {FORMATS.map((format) => (
            <button
              key={format}
              type="button"
              aria-pressed={draft.format === format}
              data-tip={t(`formatHelp.${format}`)}
              onClick={() => change(withFormat(draft, format))}
            >
              {t(`variables.${format}`)}
            </button>
          ))}
        </div>
      </div>
      <Field help={t('editor.bodyHelp')} problems={at('body')}>
        {(ids) => (
          <textarea
            {...ids}
            id={id}
            ref={input}
            name="body"
            className={inputClass}
            dir="auto"
            rows={6}
            value={draft.body}
            data-testid="template-body"
            onBlur={() => touch('body')}
            onKeyDown={onKeyDown}
            onChange={(event) => change({ body: event.currentTarget.value })}
          />
        )}
      </Field>
      <Samples editor={editor} where="body" names={bodyVariables(draft)} />
    </section>
  );
}
