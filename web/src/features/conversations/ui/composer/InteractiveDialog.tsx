import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Controls } from '@/shared/api/sending';
import type { InteractiveRule } from '@/shared/api/types';
import { IconSend } from '@/shared/ui/icons';
import { TextArea, TextField } from '@/shared/ui/TextField';
import {
  bodyMax,
  type ControlKind,
  controlsOf,
  type DraftProblem,
  emptyDraft,
  type InteractiveDraft,
  problemsOf,
} from '../../model/interactive';
import { FormDialog } from './FormDialog';
import classes from './forms.module.css';
import { ControlFields } from './InteractiveFields';
import { InteractivePreview } from './InteractivePreview';

interface Props {
  rule: InteractiveRule;
  /** What stands in the composer becomes the text. */
  text: string;
  onSend: (text: string, controls: Controls) => void;
  onClose: () => void;
}

export default function InteractiveDialog({ rule, text, onSend, onClose }: Props) {
  const { t } = useTranslation('compose');
  const [draft, setDraft] = useState<InteractiveDraft>(() => emptyDraft(rule.kinds[0] ?? 'buttons', text));
  const [tried, setTried] = useState(false);
  const change = (part: Partial<InteractiveDraft>) => setDraft((held) => ({ ...held, ...part }));
  const problems = problemsOf(draft, rule);
  const errorOf = (path: string): string | null => {
    const problem = problems.find((held) => held.path === path && (tried || held.code !== 'required'));
    return problem ? sentence(problem) : null;
  };
  const sentence = ({ code, max }: DraftProblem) => t(`interactive.problem.${code}`, { max });
  const framed = draft.kind !== 'location_request';
  return (
    <FormDialog
      title={t('interactive.title')}
      send={{
        label: t('interactive.send'),
        icon: <IconSend size={16} stroke={1.6} aria-hidden="true" />,
        testId: 'send-interactive',
      }}
      onSubmit={() => {
        setTried(true);
        if (problems.length === 0) onSend(draft.text.trim(), controlsOf(draft));
      }}
      onClose={onClose}
      side={
        <aside className={classes.side} aria-label={t('interactive.preview')}>
          <p className={classes.sideTitle}>{t('interactive.preview')}</p>
          <InteractivePreview draft={draft} />
          {draft.kind === 'location_request' && <p className={classes.help}>{t('interactive.locationHelp')}</p>}
        </aside>
      }
    >
      <div className={classes.kinds} role="radiogroup" aria-label={t('interactive.kind')}>
        {rule.kinds.map((kind: ControlKind) => (
          <label key={kind} data-on={draft.kind === kind || undefined}>
            <input
              type="radio"
              name="interactive-kind"
              value={kind}
              checked={draft.kind === kind}
              onChange={() => change({ kind })}
            />
            {t(`interactive.kinds.${kind}`)}
          </label>
        ))}
      </div>
      {framed && (
        <TextField
          label={t('interactive.header')}
          value={draft.header}
          max={rule.header_max}
          error={errorOf('header')}
          onChange={(event) => change({ header: event.currentTarget.value })}
        />
      )}
      <TextArea
        data-first
        label={t('interactive.text')}
        value={draft.text}
        max={bodyMax(draft, rule)}
        error={errorOf('text')}
        data-testid="interactive-text"
        onChange={(event) => change({ text: event.currentTarget.value })}
      />
      <ControlFields draft={draft} rule={rule} errorOf={errorOf} onChange={change} />
      {framed && (
        <TextField
          label={t('interactive.footer')}
          value={draft.footer}
          max={rule.footer_max}
          error={errorOf('footer')}
          onChange={(event) => change({ footer: event.currentTarget.value })}
        />
      )}
    </FormDialog>
  );
}
