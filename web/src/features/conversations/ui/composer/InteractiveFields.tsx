import { useTranslation } from 'react-i18next';
import type { InteractiveRule } from '@/shared/api/types';
import { IconButton } from '@/shared/ui/IconButton';
import { IconX } from '@/shared/ui/icons';
import { TextField } from '@/shared/ui/TextField';
import {
  type DraftRow,
  type DraftSection,
  type InteractiveDraft,
  newButton,
  newRow,
  newSection,
  rowsOf,
} from '../../model/interactive';
import { AddButton } from './AddButton';
import classes from './forms.module.css';

interface Props {
  draft: InteractiveDraft;
  rule: InteractiveRule;
  errorOf: (path: string) => string | null;
  onChange: (part: Partial<InteractiveDraft>) => void;
}

/** What can be pressed: the fields of the chosen kind. */
export function ControlFields(props: Props) {
  const { t } = useTranslation('compose');
  const { draft, rule, errorOf, onChange } = props;
  if (draft.kind === 'buttons') return <ButtonFields {...props} />;
  if (draft.kind === 'list') return <ListFields {...props} />;
  if (draft.kind === 'cta_url') {
    return (
      <>
        <TextField
          label={t('interactive.label')}
          value={draft.label}
          max={rule.label_max}
          error={errorOf('label')}
          onChange={(event) => onChange({ label: event.currentTarget.value })}
        />
        <TextField
          label={t('interactive.url')}
          type="url"
          dir="ltr"
          value={draft.url}
          placeholder="https://"
          error={errorOf('url')}
          onChange={(event) => onChange({ url: event.currentTarget.value })}
        />
      </>
    );
  }
  return null;
}

function ButtonFields({ draft, rule, errorOf, onChange }: Props) {
  const { t } = useTranslation('compose');
  const { buttons } = draft;
  return (
    <div className={classes.rows} role="group" aria-label={t('interactive.buttons')}>
      {buttons.map((button, at) => (
        <div key={button.id} className={classes.row}>
          <TextField
            label={t('interactive.button', { number: at + 1 })}
            value={button.title}
            max={rule.button_title_max}
            error={errorOf(`buttons.${at}`)}
            onChange={(event) => {
              const title = event.currentTarget.value;
              onChange({ buttons: buttons.map((held) => (held.id === button.id ? { ...held, title } : held)) });
            }}
          />
          {buttons.length > 1 && (
            <IconButton
              label={t('interactive.removeButton', { number: at + 1 })}
              onClick={() => onChange({ buttons: buttons.filter((held) => held.id !== button.id) })}
            >
              <IconX size={16} stroke={1.6} aria-hidden="true" />
            </IconButton>
          )}
        </div>
      ))}
      <AddButton
        label={t('interactive.addButton')}
        full={buttons.length >= rule.buttons_max}
        why={t('interactive.buttonsFull', { max: rule.buttons_max })}
        onAdd={() => onChange({ buttons: [...buttons, newButton()] })}
      />
    </div>
  );
}

function ListFields({ draft, rule, errorOf, onChange }: Props) {
  const { t } = useTranslation('compose');
  const { sections } = draft;
  const many = sections.length > 1;
  const full = rowsOf(draft) >= rule.list_rows_max;
  const put = (id: string, part: Partial<DraftSection>) =>
    onChange({ sections: sections.map((held) => (held.id === id ? { ...held, ...part } : held)) });
  return (
    <>
      <TextField
        label={t('interactive.opener')}
        value={draft.opener}
        max={rule.opener_max}
        error={errorOf('opener')}
        placeholder={t('interactive.openerExample')}
        onChange={(event) => onChange({ opener: event.currentTarget.value })}
      />
      {sections.map((section, place) => (
        <fieldset
          key={section.id}
          className={classes.part}
          data-framed={many || undefined}
          aria-label={many ? t('interactive.section', { number: place + 1 }) : t('interactive.rows')}
        >
          {many && (
            <div className={classes.row}>
              <TextField
                autoFocus={place > 0}
                label={t('interactive.sectionTitle', { number: place + 1 })}
                value={section.title}
                max={rule.section_title_max}
                error={errorOf(`sections.${place}.title`)}
                onChange={(event) => put(section.id, { title: event.currentTarget.value })}
              />
              <IconButton
                label={t('interactive.removeSection', { number: place + 1 })}
                onClick={() => onChange({ sections: sections.filter((held) => held.id !== section.id) })}
              >
                <IconX size={16} stroke={1.6} aria-hidden="true" />
              </IconButton>
            </div>
          )}
          <RowFields
            rows={section.rows}
            path={`sections.${place}.rows`}
            rule={rule}
            full={full}
            errorOf={errorOf}
            onChange={(rows) => put(section.id, { rows })}
          />
        </fieldset>
      ))}
      <AddButton
        label={t('interactive.addSection')}
        full={full || sections.length >= rule.list_sections_max}
        why={full ? t('interactive.rowsFull', { max: rule.list_rows_max }) : null}
        onAdd={() => onChange({ sections: [...sections, newSection()] })}
      />
    </>
  );
}

interface RowsProps extends Pick<Props, 'rule' | 'errorOf'> {
  rows: DraftRow[];
  path: string;
  /** No row more in the whole list: said once, at its end. */
  full: boolean;
  onChange: (rows: DraftRow[]) => void;
}

function RowFields({ rows, path, rule, full, errorOf, onChange }: RowsProps) {
  const { t } = useTranslation('compose');
  const put = (id: string, part: Partial<DraftRow>) =>
    onChange(rows.map((held) => (held.id === id ? { ...held, ...part } : held)));
  return (
    <>
      {rows.map((row, at) => (
        <div key={row.id} className={classes.row}>
          <div className={classes.pair}>
            <TextField
              label={t('interactive.row', { number: at + 1 })}
              value={row.title}
              max={rule.row_title_max}
              error={errorOf(`${path}.${at}`)}
              onChange={(event) => put(row.id, { title: event.currentTarget.value })}
            />
            <TextField
              label={t('interactive.rowDescription')}
              value={row.description}
              max={rule.row_description_max}
              error={errorOf(`${path}.${at}.description`)}
              onChange={(event) => put(row.id, { description: event.currentTarget.value })}
            />
          </div>
          {rows.length > 1 && (
            <IconButton
              label={t('interactive.removeRow', { number: at + 1 })}
              onClick={() => onChange(rows.filter((held) => held.id !== row.id))}
            >
              <IconX size={16} stroke={1.6} aria-hidden="true" />
            </IconButton>
          )}
        </div>
      ))}
      <AddButton label={t('interactive.addRow')} full={full} why={null} onAdd={() => onChange([...rows, newRow()])} />
    </>
  );
}
