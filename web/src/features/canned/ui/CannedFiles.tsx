import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { uploadFile } from '@/shared/api/upload';
import { fileSize } from '@/shared/format/text';
import { currentLocale } from '@/shared/i18n/i18n';
import { Button } from '@/shared/ui/Button';
import { IconButton } from '@/shared/ui/IconButton';
import { IconArrowDown, IconArrowUp, IconFileText, IconMicrophone, IconPaperclip, IconVideo, IconX } from '@/shared/ui/icons';
import { showError } from '@/shared/ui/showError';
import { type CannedFile, FILES_MAX, moved } from '../model/draft';
import classes from './CannedFiles.module.css';

interface Props {
  files: CannedFile[];
  onChange: (next: (held: CannedFile[]) => CannedFile[]) => void;
  /** +1 when an upload begins, -1 when it ends. */
  onBusy: (by: 1 | -1) => void;
}

/** The files that go with the reply, in their order. One that fails does not stop the others. */
export function CannedFiles({ files, onChange, onBusy }: Props) {
  const { t } = useTranslation('canned');
  const input = useRef<HTMLInputElement>(null);
  const add = useRef<HTMLButtonElement>(null);
  const [uploading, setUploading] = useState<{ name: string; share: number } | null>(null);
  const [told, setTold] = useState('');

  async function upload(chosen: File[]) {
    for (const file of chosen.slice(0, FILES_MAX - files.length)) {
      onBusy(1);
      const tell = (share: number) => setUploading({ name: file.name, share });
      tell(0);
      try {
        const made = await uploadFile(file, file.name, tell);
        onChange((held) => [...held, { ...made, thumbnail_url: null }]);
      } catch (error) {
        showError(error);
      }
      setUploading(null);
      onBusy(-1);
    }
  }

  const nameOf = (file: CannedFile) => file.name ?? t(`editor.kind.${file.kind}`);

  function move(file: CannedFile, by: 1 | -1) {
    const at = files.indexOf(file) + by;
    if (at < 0 || at >= files.length) return;
    onChange((held) => moved(held, file.id, by));
    setTold(t('editor.movedFile', { name: nameOf(file), place: at + 1, of: files.length }));
  }

  function drop(file: CannedFile) {
    onChange((held) => held.filter((one) => one.id !== file.id));
    setTold(t('editor.removedFile', { name: nameOf(file) }));
    add.current?.focus();
  }

  return (
    <div className={classes.part} role="group" aria-labelledby="canned-files-label">
      <p id="canned-files-label" className={classes.label}>
        {t('editor.files')}
        <span>
          {files.length}/{FILES_MAX}
        </span>
      </p>
      {files.length > 0 && (
        <ol className={classes.list}>
          {files.map((file, at) => (
            <li key={file.id} className={classes.file} data-testid="canned-file">
              <Thumb file={file} />
              <span className={classes.words}>
                <a href={file.url} target="_blank" rel="noreferrer" dir="auto" title={nameOf(file)}>
                  {nameOf(file)}
                </a>
                <span>
                  {t(`editor.kind.${file.kind}`)} · {fileSize(file.size, currentLocale())}
                </span>
              </span>
              {files.length > 1 && (
                <>
                  <IconButton
                    label={t('editor.fileUp', { name: nameOf(file) })}
                    aria-disabled={at === 0 || undefined}
                    onClick={() => move(file, -1)}
                  >
                    <IconArrowUp size={16} stroke={1.6} aria-hidden="true" />
                  </IconButton>
                  <IconButton
                    label={t('editor.fileDown', { name: nameOf(file) })}
                    aria-disabled={at === files.length - 1 || undefined}
                    onClick={() => move(file, 1)}
                  >
                    <IconArrowDown size={16} stroke={1.6} aria-hidden="true" />
                  </IconButton>
                </>
              )}
              <IconButton label={t('editor.removeFile', { name: nameOf(file) })} onClick={() => drop(file)}>
                <IconX size={16} stroke={1.6} aria-hidden="true" />
              </IconButton>
            </li>
          ))}
        </ol>
      )}
      <p className="visually-hidden" role="status">
        {told}
      </p>
      {uploading && (
        <p className={classes.uploading} role="status">
          {t('editor.uploading', { name: uploading.name, percent: Math.round(uploading.share * 100) })}
        </p>
      )}
      {files.length < FILES_MAX && (
        <Button
          ref={add}
          className={classes.add}
          size="small"
          icon={<IconPaperclip size={14} stroke={1.7} aria-hidden="true" />}
          disabled={uploading !== null}
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
          void upload([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}

/** A picture is small enough to stand for itself until the worker has made its thumbnail. */
function Thumb({ file }: { file: CannedFile }) {
  const [broken, setBroken] = useState(false);
  const picture = file.thumbnail_url ?? (file.kind === 'image' || file.kind === 'sticker' ? file.url : null);
  const Icon = file.kind === 'video' ? IconVideo : file.kind === 'audio' ? IconMicrophone : IconFileText;
  return (
    <span className={classes.thumb}>
      {picture && !broken ? (
        <img src={picture} alt="" loading="lazy" onError={() => setBroken(true)} />
      ) : (
        <Icon size={20} stroke={1.5} aria-hidden="true" />
      )}
    </span>
  );
}
