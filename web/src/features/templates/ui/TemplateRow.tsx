import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { fullTime, listTime } from '@/shared/format/time';
import type { Template } from '../api';
import { partOf } from '../model/template';
import { Quality } from './Quality';
import { StatusChip } from './StatusChip';
import classes from './TemplatesPage.module.css';
import { useWords } from './words';

/** Their state says it all: nothing is to be done. */
const QUIET = new Set(['in_review', 'being_deleted']);
const RED = new Set(['rejected', 'disabled']);

/** Name and words at the start, what one decides by at the end; why it cannot be sent in a line of its own. */
export function TemplateRow({ template, now }: { template: Template; now: number }) {
  const { t } = useTranslation('templates');
  const words = useWords();
  return (
    <li className={classes.row} data-testid="template-row">
      <Link to="/templates/$templateId" params={{ templateId: template.id }} className={classes.link}>
        <span className={classes.name} dir="ltr">
          {template.name}
        </span>
        <span className={classes.text} dir="auto">
          {partOf(template.components, 'BODY')?.text ?? t('row.noText')}
        </span>
      </Link>
      <span className={classes.facts}>
        <span>{words.language(template.language)}</span>
        <span>{words.category(template.category)}</span>
      </span>
      <span className={classes.state}>
        <StatusChip status={template.status} blocked={template.blocked?.code} />
        <Quality quality={template.quality} />
      </span>
      <time className={classes.time} dateTime={template.updated_at} data-tip={fullTime(template.updated_at)}>
        {listTime(template.updated_at, now, t('row.yesterday'))}
      </time>
      {template.blocked && !QUIET.has(template.blocked.code) && (
        <p className={classes.reason} data-tone={RED.has(template.blocked.code) ? 'red' : undefined}>
          {template.rejected_message ?? template.blocked.message} {template.blocked.todo}
        </p>
      )}
    </li>
  );
}
