import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/client';
import type { Id } from '@/shared/api/types';
import { fullTime } from '@/shared/format/time';
import { useCan } from '@/shared/session/session';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { IconCopy, IconInfoCircle, IconMessageOff, IconPencil, IconTrash } from '@/shared/ui/icons';
import { Page, PageBack } from '@/shared/ui/Page';
import { sentenceOf } from '@/shared/ui/showError';
import { Empty, ErrorBar, SkeletonThread, useSlow } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toasts';
import { deleteTemplate, type Template } from '../api';
import { isEditable } from '../model/draft';
import { TEMPLATES_KEY, useTemplate } from '../model/queries';
import { isJudged, stateOf } from '../model/states';
import { shown } from '../model/template';
import '../texts';
import { linkClass } from './link';
import { Preview } from './Preview';
import { Quality } from './Quality';
import { StatusChip } from './StatusChip';
import classes from './TemplatePage.module.css';
import { useWords } from './words';

interface Props {
  id: Id;
  /** Deleted: the list is the next place. */
  onGone: () => void;
}

/** One template: how it looks, where it stands, and what happens next. */
export function TemplatePage({ id, onGone }: Props) {
  const { t } = useTranslation('templates');
  const template = useTemplate(id);
  const slow = useSlow();
  const missing = template.error instanceof ApiError && template.error.status === 404;
  return (
    <Page>
      <PageBack to="/templates">{t('page.title')}</PageBack>
      {template.isPending && slow && <SkeletonThread />}
      {missing && (
        <Empty
          icon={<IconMessageOff size={28} stroke={1.3} aria-hidden="true" />}
          title={t('one.missing')}
          text={t('one.missingText')}
        />
      )}
      {template.isError && !missing && !template.data && (
        <ErrorBar onRetry={() => void template.refetch()}>{sentenceOf(template.error)}</ErrorBar>
      )}
      {template.data && <Known template={template.data} onGone={onGone} />}
    </Page>
  );
}

function Known({ template, onGone }: { template: Template; onGone: () => void }) {
  const { t } = useTranslation('templates');
  const words = useWords();
  const manages = useCan('templates.manage');
  const [deleting, setDeleting] = useState(false);
  const gone = stateOf(template.status) === 'deleted';
  const editable = isEditable(template);
  const judged = isJudged(template.status);
  return (
    <>
      <header className={classes.header}>
        <h1 dir="ltr">{template.name}</h1>
        <p className={classes.facts}>
          <StatusChip status={template.status} blocked={template.blocked?.code} />
          <Quality quality={template.quality} />
          <span>{words.language(template.language)}</span>
          <span aria-hidden="true">·</span>
          <span>{words.category(template.category)}</span>
        </p>
      </header>
      <div className={classes.columns}>
        <section className={classes.side} aria-label={t('one.state')}>
          <Next template={template} />
          <dl className={classes.details}>
            <dt>{t('one.account')}</dt>
            <dd>
              <bdi dir="ltr">{template.account_key}</bdi>
            </dd>
            <dt>{t('one.changed')}</dt>
            <dd>
              <time dateTime={template.updated_at}>{fullTime(template.updated_at)}</time>
            </dd>
            {template.variables.length > 0 && (
              <>
                <dt>{t('one.variables')}</dt>
                <dd>
                  <ul>
                    {template.variables.map((variable) => (
                      <li key={variable.key}>
                        <code dir="ltr">{variable.key}</code>
                        {variable.example && (
                          <>
                            {' '}
                            <span dir="auto">{variable.example}</span>
                          </>
                        )}
                      </li>
                    ))}
                  </ul>
                </dd>
              </>
            )}
          </dl>
          {manages && !gone && (
            <div className={classes.actions}>
              {editable && !judged && (
                <Link to="/templates/$templateId/edit" params={{ templateId: template.id }} className={linkClass()}>
                  <IconPencil size={15} stroke={1.6} aria-hidden="true" />
                  {t('one.edit')}
                </Link>
              )}
              {editable && (
                <Link to="/templates/new" search={{ from: template.id }} className={linkClass()}>
                  <IconCopy size={15} stroke={1.6} aria-hidden="true" />
                  {t('one.duplicate')}
                </Link>
              )}
              <Button
                look="danger"
                icon={<IconTrash size={15} stroke={1.6} aria-hidden="true" />}
                onClick={() => setDeleting(true)}
              >
                {t('one.delete')}
              </Button>
            </div>
          )}
          {manages && !gone && !editable && <p className={classes.note}>{t('one.notEditable')}</p>}
        </section>
        <Preview shown={shown(template.components, examplesOf(template))} />
      </div>
      {deleting && <Confirm template={template} onClose={() => setDeleting(false)} onGone={onGone} />}
    </>
  );
}

const examplesOf = (template: Template) =>
  Object.fromEntries(template.variables.flatMap(({ key, example }) => (example ? [[key, example]] : [])));

/** What the state means, and what to do now. */
function Next({ template }: { template: Template }) {
  const { t } = useTranslation('templates');
  const state = stateOf(template.status);
  const { blocked } = template;
  const bad = state === 'rejected' || state === 'disabled';
  const waits = state === 'pending' || state === 'appeal' || state === 'deleting' || state === 'deleted';
  const tone = bad ? 'red' : blocked === null ? 'green' : waits ? 'blue' : 'amber';
  return (
    <div className={classes.next} data-tone={tone} role="status">
      <IconInfoCircle size={16} stroke={1.6} aria-hidden="true" />
      <div>
        {blocked && state !== 'deleted' && <strong>{template.rejected_message ?? blocked.message}</strong>}
        <p>
          {state === 'deleted' ? t('next.deleted') : (blocked?.todo ?? t(`next.${state === 'flagged' ? 'flagged' : 'approved'}`))}
        </p>
      </div>
    </div>
  );
}

function Confirm({ template, onClose, onGone }: { template: Template; onClose: () => void; onGone: () => void }) {
  const { t } = useTranslation('templates');
  const words = useWords();
  const queries = useQueryClient();
  const gone = useMutation({
    mutationFn: () => deleteTemplate(template.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: TEMPLATES_KEY });
      toast(t('delete.done', { name: template.name }));
      onGone();
    },
  });
  return (
    <Dialog title={t('delete.title')} onClose={onClose}>
      <p className={classes.confirm}>{t('delete.text', { name: template.name, language: words.language(template.language) })}</p>
      <div className={classes.buttons}>
        <Button data-first onClick={onClose}>
          {t('delete.keep')}
        </Button>
        <Button look="danger" busy={gone.isPending} data-testid="template-delete" onClick={() => gone.mutate()}>
          {t('delete.delete')}
        </Button>
      </div>
    </Dialog>
  );
}
