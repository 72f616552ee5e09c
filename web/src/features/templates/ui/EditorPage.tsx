import { useTranslation } from 'react-i18next';
import type { Id } from '@/shared/api/types';
import { IconMessageOff } from '@/shared/ui/icons';
import { Page, PageBack } from '@/shared/ui/Page';
import { sentenceOf } from '@/shared/ui/showError';
import { Empty, ErrorBar, SkeletonThread, useSlow } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toasts';
import type { Template } from '../api';
import { type Draft, draftOf, isEditable, newDraft } from '../model/draft';
import { COMMON_LANGUAGES } from '../model/languages';
import { useChannels, useTemplate } from '../model/queries';
import { isJudged } from '../model/states';
import '../texts';
import { TemplateEditor } from './TemplateEditor';
import classes from './TemplatePage.module.css';

interface Props {
  /** The template to change. */
  id?: Id;
  /** The template to write in another language. */
  from?: Id | undefined;
  onDone: (id: Id) => void;
  onCancel: () => void;
}

/** Loads what the editor begins with: nothing, a template, or a copy of one. */
export function EditorPage({ id, from, onDone, onCancel }: Props) {
  const { t } = useTranslation('templates');
  const template = useTemplate(id ?? from);
  const channels = useChannels();
  const slow = useSlow();
  const waits = (id ?? from) !== undefined && !template.data;
  const error = channels.error ?? (waits ? template.error : null);
  const able = (channels.data ?? []).filter((channel) => channel.capabilities.templates && channel.status !== 'reconnect_needed');
  const locked =
    id !== undefined && template.data !== undefined && (!isEditable(template.data) || isJudged(template.data.status));
  return (
    <Page>
      <PageBack to="/templates">{t('page.title')}</PageBack>
      <header className={classes.header}>
        <h1>{id ? t('editor.titleEdit') : from ? t('editor.titleCopy') : t('editor.titleNew')}</h1>
      </header>
      {error && (
        <ErrorBar
          onRetry={() => {
            void channels.refetch();
            if (waits) void template.refetch();
          }}
        >
          {sentenceOf(error)}
        </ErrorBar>
      )}
      {!error && (channels.isPending || waits) && slow && <SkeletonThread />}
      {channels.isSuccess && able.length === 0 && (
        <Empty
          icon={<IconMessageOff size={28} stroke={1.3} aria-hidden="true" />}
          title={t('editor.noChannel')}
          text={t('editor.noChannelText')}
        />
      )}
      {locked && <Empty title={t('editor.locked')} text={t('editor.lockedText')} />}
      {able.length > 0 && !waits && !locked && (
        <TemplateEditor
          key={id ?? from ?? 'new'}
          place={id ?? (from ? `from-${from}` : 'new')}
          start={startOf(template.data, id === undefined)}
          channels={able}
          edited={id ? (template.data ?? null) : null}
          copied={from !== undefined}
          onSubmitted={(made) => {
            toast(t('editor.submitted', { name: made.name }));
            onDone(made.id);
          }}
          onCancel={onCancel}
        />
      )}
    </Page>
  );
}

function startOf(template: Template | undefined, copy: boolean): Draft {
  if (!template) return newDraft();
  const draft = draftOf(template);
  if (!copy) return draft;
  return { ...draft, language: COMMON_LANGUAGES.find((code) => code !== template.language) ?? 'en' };
}
