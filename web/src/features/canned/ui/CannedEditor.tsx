import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CANNED_KEY, changeCannedReply, createCannedReply } from '@/shared/api/canned';
import { FIELDS_KEY, readFields } from '@/shared/api/fields';
import type { CannedReply } from '@/shared/api/types';
import { currentLocale } from '@/shared/i18n/i18n';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { sentenceOf } from '@/shared/ui/showError';
import { TextArea, TextField } from '@/shared/ui/TextField';
import { toast } from '@/shared/ui/toasts';
import {
  changeOf,
  draftOf,
  fieldVariable,
  LABEL_MAX,
  LANGUAGES,
  type Language,
  problemsOf,
  type ReplyDraft,
  TEXT_MAX,
  VARIABLES,
} from '../model/draft';
import { CannedFiles } from './CannedFiles';
import classes from './CannedPage.module.css';

interface Props {
  /** Null: a new one. */
  reply: CannedReply | null;
  replies: CannedReply[];
  onClose: () => void;
}

export default function CannedEditor({ reply, replies, onClose }: Props) {
  const { t } = useTranslation('canned');
  const queries = useQueryClient();
  const [draft, setDraft] = useState<ReplyDraft>(() => draftOf(reply));
  const [tried, setTried] = useState(false);
  const [busyFiles, setBusyFiles] = useState(0);
  const first = useRef<HTMLInputElement>(null);
  const areas = useRef(new Map<Language, HTMLTextAreaElement>());
  useEffect(() => first.current?.focus(), []);
  const change = (part: Partial<ReplyDraft>) => setDraft((held) => ({ ...held, ...part }));
  const write = (language: Language, text: string) => change({ texts: { ...draft.texts, [language]: text } });
  const fields = useQuery({ queryKey: FIELDS_KEY, queryFn: readFields, staleTime: 60_000 });
  const problems = problemsOf(
    draft,
    replies.filter((held) => held.id !== reply?.id),
    fields.data?.map((field) => field.key) ?? null,
  );
  const errorOf = (path: string): string | null => {
    const problem = problems.get(path);
    if (!problem || (problem.code === 'required' && !tried)) return null;
    return String(t(`editor.problem.${problem.code}`, { ...problem }));
  };
  const languageName = (language: Language) =>
    new Intl.DisplayNames([currentLocale()], { type: 'language' }).of(language) ?? language;
  const save = useMutation({
    mutationFn: () => (reply ? changeCannedReply(reply.id, changeOf(draft)) : createCannedReply(changeOf(draft))),
    onSuccess: async (saved) => {
      await queries.invalidateQueries({ queryKey: CANNED_KEY });
      toast(t('saved', { title: saved.title }));
      onClose();
    },
  });
  const folders = [...new Set(replies.flatMap((held) => held.folder ?? []))];
  const written = LANGUAGES.filter((language) => draft.texts[language] !== undefined);

  /** At the caret of that language's field. */
  function putVariable(language: Language, variable: string) {
    const area = areas.current.get(language);
    const text = draft.texts[language] ?? '';
    const at = area?.selectionStart ?? text.length;
    write(language, `${text.slice(0, at)}{{${variable}}}${text.slice(area?.selectionEnd ?? at)}`);
    area?.focus();
  }

  return (
    <Dialog title={reply ? t('editor.change') : t('editor.new')} wide onClose={onClose}>
      <form
        className={classes.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (problems.size === 0 && busyFiles === 0) save.mutate();
        }}
      >
        <div className={classes.pair}>
          <TextField
            ref={first}
            label={t('editor.title')}
            value={draft.title}
            max={LABEL_MAX}
            error={errorOf('title')}
            onChange={(event) => change({ title: event.currentTarget.value })}
          />
          <TextField
            label={t('editor.shortcut')}
            value={draft.shortcut}
            error={errorOf('shortcut')}
            help={t('editor.shortcutHelp')}
            autoCapitalize="off"
            onChange={(event) => change({ shortcut: event.currentTarget.value.replace(/^\//, '') })}
          />
        </div>
        <TextField
          label={t('editor.folder')}
          value={draft.folder}
          max={LABEL_MAX}
          error={errorOf('folder')}
          list="canned-folders"
          onChange={(event) => change({ folder: event.currentTarget.value })}
        />
        <datalist id="canned-folders">
          {folders.map((folder) => (
            <option key={folder} value={folder} />
          ))}
        </datalist>
        {written.map((language) => (
          <div key={language} className={classes.language}>
            <TextArea
              ref={(area) => {
                if (area) areas.current.set(language, area);
                return () => void areas.current.delete(language);
              }}
              label={t('editor.text', { language: languageName(language) })}
              lang={language}
              value={draft.texts[language] ?? ''}
              max={TEXT_MAX}
              error={errorOf(language)}
              onChange={(event) => write(language, event.currentTarget.value)}
            />
            <p className={classes.tools}>
              <span>{t('editor.variables')}</span>
              {VARIABLES.map((variable) => (
                <button key={variable} type="button" onClick={() => putVariable(language, variable)}>
                  {t(`variable.${variable.replace('.', '_') as 'firm_name'}`)}
                </button>
              ))}
              {fields.data
                ?.filter((field) => !field.archived)
                .map((field) => (
                  <button key={field.id} type="button" onClick={() => putVariable(language, fieldVariable(field.key))}>
                    {field.label}
                  </button>
                ))}
              {written.length > 1 && (
                <button
                  type="button"
                  className={classes.removal}
                  onClick={() => {
                    const { [language]: _, ...texts } = draft.texts;
                    change({ texts });
                  }}
                >
                  {t('editor.removeLanguage', { language: languageName(language) })}
                </button>
              )}
            </p>
          </div>
        ))}
        <p className={classes.tools}>
          <span>{t('editor.languages')}</span>
          {LANGUAGES.filter((language) => draft.texts[language] === undefined).map((language) => (
            <button key={language} type="button" onClick={() => write(language, '')}>
              {t('editor.addLanguage', { language: languageName(language) })}
            </button>
          ))}
        </p>
        <CannedFiles
          files={draft.files}
          onChange={(next) => setDraft((held) => ({ ...held, files: next(held.files) }))}
          onBusy={(by) => setBusyFiles((held) => held + by)}
        />
        {save.isError && (
          <p className={classes.wrong} role="alert">
            {sentenceOf(save.error)}
          </p>
        )}
        <footer className={classes.actions}>
          <Button look="ghost" onClick={onClose}>
            {t('editor.cancel')}
          </Button>
          <Button type="submit" look="primary" busy={save.isPending} disabled={busyFiles > 0} data-testid="canned-save">
            {t('editor.save')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
