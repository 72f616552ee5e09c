import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { uploadFile } from '@/shared/api/upload';
import { Button } from '@/shared/ui/Button';
import { IconButton } from '@/shared/ui/IconButton';
import { IconFileText, IconPaperclip, IconX } from '@/shared/ui/icons';
import { showError } from '@/shared/ui/showError';
import { FILES_MAX } from '../model/draft';
import classes from './CannedPage.module.css';

interface Props {
  ids: string[];
  onChange: (next: (held: string[]) => string[]) => void;
  /** +1 when an upload begins, -1 when it ends. */
  onBusy: (by: 1 | -1) => void;
}

/** The files that go with the reply, in their order. One that fails does not stop the others. */
export function CannedFiles({ ids, onChange, onBusy }: Props) {
  const { t } = useTranslation('canned');
  const input = useRef<HTMLInputElement>(null);
  const [names, setNames] = useState<Record<string, string>>({});
  const [share, setShare] = useState<number | null>(null);

  async function add(files: File[]) {
    for (const file of files.slice(0, FILES_MAX - ids.length)) {
      onBusy(1);
      setShare(0);
      try {
        const made = await uploadFile(file, file.name, setShare);
        setNames((held) => ({ ...held, [made.id]: file.name }));
        onChange((held) => [...held, made.id]);
      } catch (error) {
        showError(error);
      }
      setShare(null);
      onBusy(-1);
    }
  }

  const nameOf = (id: string, at: number) => names[id] ?? t('editor.file', { number: at + 1 });
  return (
    <div className={classes.files} role="group" aria-label={t('editor.files')}>
      {ids.map((id, at) => (
        <span key={id} className={classes.file}>
          <IconFileText size={15} stroke={1.6} aria-hidden="true" />
          <a href={`/api/v1/media/${id}`} target="_blank" rel="noreferrer" dir="auto">
            {nameOf(id, at)}
          </a>
          <IconButton
            label={t('editor.removeFile', { name: nameOf(id, at) })}
            onClick={() => onChange((held) => held.filter((one) => one !== id))}
          >
            <IconX size={14} stroke={1.7} aria-hidden="true" />
          </IconButton>
        </span>
      ))}
      {share !== null && <span role="status">{t('editor.uploading', { percent: Math.round(share * 100) })}</span>}
      {ids.length < FILES_MAX && (
        <Button
          size="small"
          icon={<IconPaperclip size={14} stroke={1.7} aria-hidden="true" />}
          disabled={share !== null}
          onClick={() => input.current?.click()}
        >
          {t('editor.addFiles')}
        </Button>
      )}
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t('editor.addFiles')}
        data-testid="canned-files"
        onChange={(event) => {
          void add([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}
