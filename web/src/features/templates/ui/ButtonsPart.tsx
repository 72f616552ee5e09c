import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import { Field, inputClass } from '@/shared/ui/Field';
import { IconButton } from '@/shared/ui/IconButton';
import {
  IconAlertCircle,
  IconArrowDown,
  IconArrowUp,
  IconCopy,
  IconCornerUpLeft,
  IconExternalLink,
  IconPhone,
  IconX,
} from '@/shared/ui/icons';
import {
  BUTTON_KINDS,
  BUTTON_LIMITS,
  BUTTONS_MAX,
  type ButtonKind,
  type DraftButton,
  hasTail,
  LIMITS,
  withButton,
} from '../model/draft';
import type { Editor } from '../model/useEditor';
import classes from './Editor.module.css';

const ICONS: Record<ButtonKind, typeof IconPhone> = {
  QUICK_REPLY: IconCornerUpLeft,
  URL: IconExternalLink,
  PHONE_NUMBER: IconPhone,
  COPY_CODE: IconCopy,
};

export function ButtonsPart({ editor }: { editor: Editor }) {
  const { t } = useTranslation('templates');
  const { draft, change, at } = editor;
  const { buttons } = draft;
  const full = (kind: ButtonKind) =>
    buttons.length >= BUTTONS_MAX || buttons.filter((one) => one.kind === kind).length >= BUTTON_LIMITS[kind];
  const move = (index: number, by: number) => {
    const moved = [...buttons];
    const [one] = moved.splice(index, 1);
    if (one) moved.splice(index + by, 0, one);
    change({ buttons: moved });
  };
  return (
    <fieldset className={classes.part}>
      <legend>
        {t('editor.buttons')} <span>· {t('optional')}</span>
      </legend>
      {buttons.length > 0 && (
        <ol className={classes.cards}>
          {buttons.map((button, index) => (
            <Card
              key={button.id}
              editor={editor}
              button={button}
              index={index}
              last={index === buttons.length - 1}
              onMove={(by) => move(index, by)}
            />
          ))}
        </ol>
      )}
      {at('buttons').map((sentence) => (
        <p key={sentence} className={classes.wrong} role="alert" data-wrong tabIndex={-1}>
          <IconAlertCircle size={14} stroke={1.7} aria-hidden="true" />
          {sentence}
        </p>
      ))}
      <div className={classes.adders}>
        {BUTTON_KINDS.map((kind) => {
          const Icon = ICONS[kind];
          return (
            <Button
              key={kind}
              size="small"
              disabled={full(kind)}
              data-tip={full(kind) ? t('editor.buttonFull', { count: BUTTON_LIMITS[kind] }) : undefined}
              icon={<Icon size={14} stroke={1.7} aria-hidden="true" />}
              onClick={() => {
                editor.touch('buttons');
                change({ buttons: withButton(buttons, kind) });
              }}
            >
              {t(`button.add.${kind}`)}
            </Button>
          );
        })}
      </div>
    </fieldset>
  );
}

interface CardProps {
  editor: Editor;
  button: DraftButton;
  index: number;
  last: boolean;
  onMove: (by: -1 | 1) => void;
}

function Card({ editor, button, index, last, onMove }: CardProps) {
  const { t } = useTranslation('templates');
  const { draft, change, touch, at } = editor;
  const { kind } = button;
  const Icon = ICONS[kind];
  const place = (part: string) => `button.${index}.${part}`;
  const set = (part: Partial<DraftButton>) =>
    change({ buttons: draft.buttons.map((one) => (one.id === button.id ? { ...one, ...part } : one)) });
  const input = (
    part: 'text' | 'url' | 'phone' | 'sample',
    wire: string,
    extra: { dir?: 'ltr'; inputMode?: 'tel' | 'url' } = {},
  ) => ({
    name: place(wire),
    className: inputClass,
    autoComplete: 'off',
    dir: 'auto',
    ...extra,
    value: button[part],
    onBlur: () => touch(place(wire)),
    onChange: (event: { currentTarget: HTMLInputElement }) => set({ [part]: event.currentTarget.value }),
  });
  return (
    <li className={classes.card}>
      <div className={classes.cardHead}>
        <Icon size={15} stroke={1.7} aria-hidden="true" />
        <strong>{t(`button.kind.${kind}`)}</strong>
        <IconButton label={t('editor.moveUp')} disabled={index === 0} onClick={() => onMove(-1)}>
          <IconArrowUp size={15} stroke={1.6} aria-hidden="true" />
        </IconButton>
        <IconButton label={t('editor.moveDown')} disabled={last} onClick={() => onMove(1)}>
          <IconArrowDown size={15} stroke={1.6} aria-hidden="true" />
        </IconButton>
        <IconButton
          label={t('editor.removeButton')}
          onClick={() => change({ buttons: draft.buttons.filter((one) => one.id !== button.id) })}
        >
          <IconX size={15} stroke={1.6} aria-hidden="true" />
        </IconButton>
      </div>
      {kind !== 'COPY_CODE' && (
        <Field
          label={t('editor.buttonText')}
          aside={`${button.text.length} / ${LIMITS.button}`}
          problems={[...at(place('text')), ...at(place('type'))]}
        >
          {(ids) => <input {...ids} {...input('text', 'text')} />}
        </Field>
      )}
      {kind === 'URL' && (
        <>
          <Field label={t('editor.url')} problems={at(place('url'))}>
            {(ids) => <input {...ids} {...input('url', 'url', { dir: 'ltr', inputMode: 'url' })} placeholder="https://" />}
          </Field>
          <label className={classes.check}>
            <input
              type="checkbox"
              checked={hasTail(button.url)}
              onChange={(event) =>
                set({ url: event.currentTarget.checked ? `${button.url}{{1}}` : button.url.replace(/\{\{[^{}]*\}\}/g, '') })
              }
            />
            {t('editor.urlTail')}
          </label>
          {hasTail(button.url) && (
            <Field label={t('editor.urlSample')} problems={at(place('example'))}>
              {(ids) => <input {...ids} {...input('sample', 'example', { dir: 'ltr' })} />}
            </Field>
          )}
        </>
      )}
      {kind === 'PHONE_NUMBER' && (
        <Field label={t('editor.phone')} help={t('editor.phoneHelp')} problems={at(place('phone_number'))}>
          {(ids) => <input {...ids} {...input('phone', 'phone_number', { dir: 'ltr', inputMode: 'tel' })} placeholder="+90" />}
        </Field>
      )}
      {kind === 'COPY_CODE' && (
        <Field label={t('editor.code')} help={t('editor.codeHelp')} problems={at(place('example'))}>
          {(ids) => <input {...ids} {...input('sample', 'example', { dir: 'ltr' })} />}
        </Field>
      )}
    </li>
  );
}
