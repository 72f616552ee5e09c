import { useTranslation } from 'react-i18next';
import type { InteractiveRule } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { IconButton } from '@/shared/ui/IconButton';
import { IconPlus, IconX } from '@/shared/ui/icons';
import { TextField } from '@/shared/ui/TextField';
import { type InteractiveDraft, newButton, newRow } from '../../model/interactive';
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
      <More
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
  const { rows } = draft;
  const put = (id: string, part: { title?: string; description?: string }) =>
    onChange({ rows: rows.map((held) => (held.id === id ? { ...held, ...part } : held)) });
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
      <div className={classes.rows} role="group" aria-label={t('interactive.rows')}>
        {rows.map((row, at) => (
          <div key={row.id} className={classes.row}>
            <div className={classes.pair}>
              <TextField
                label={t('interactive.row', { number: at + 1 })}
                value={row.title}
                max={rule.row_title_max}
                error={errorOf(`rows.${at}`)}
                onChange={(event) => put(row.id, { title: event.currentTarget.value })}
              />
              <TextField
                label={t('interactive.rowDescription')}
                value={row.description}
                max={rule.row_description_max}
                error={errorOf(`rows.${at}.description`)}
                onChange={(event) => put(row.id, { description: event.currentTarget.value })}
              />
            </div>
            {rows.length > 1 && (
              <IconButton
                label={t('interactive.removeRow', { number: at + 1 })}
                onClick={() => onChange({ rows: rows.filter((held) => held.id !== row.id) })}
              >
                <IconX size={16} stroke={1.6} aria-hidden="true" />
              </IconButton>
            )}
          </div>
        ))}
        <More
          label={t('interactive.addRow')}
          full={rows.length >= rule.list_rows_max}
          why={t('interactive.rowsFull', { max: rule.list_rows_max })}
          onAdd={() => onChange({ rows: [...rows, newRow()] })}
        />
      </div>
    </>
  );
}

function More({ label, full, why, onAdd }: { label: string; full: boolean; why: string; onAdd: () => void }) {
  if (full) return <p className={classes.help}>{why}</p>;
  return (
    <Button
      look="ghost"
      size="small"
      className={classes.startButton}
      icon={<IconPlus size={14} stroke={1.8} aria-hidden="true" />}
      onClick={onAdd}
    >
      {label}
    </Button>
  );
}
