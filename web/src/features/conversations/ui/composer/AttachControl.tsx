import { type ComponentProps, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { deferred } from '@/shared/ui/deferred';
import { IconButton } from '@/shared/ui/IconButton';
import { IconPaperclip } from '@/shared/ui/icons';
import type { Extra } from './extras';

const AttachMenu = deferred(() => import('./AttachMenu'));

interface Props {
  /** Types for the file dialog; null while the channel is not known. */
  accept: string | null;
  extras: Extra[];
  onFiles: (files: Iterable<File>) => void;
  onExtra: (extra: Extra) => void;
}

/** Files at one press where the channel takes nothing else; else a menu with files first. */
export function AttachControl({ accept, extras, onFiles, onExtra }: Props) {
  const { t } = useTranslation('conversations');
  const files = useRef<HTMLInputElement>(null);
  const pick = () => files.current?.click();
  return (
    <>
      {extras.length > 0 && accept !== null ? (
        <AttachMenu
          wanted={false}
          onOpen={() => undefined}
          props={{ extras, onFiles: pick, onExtra }}
          button={(handlers) => <AttachButton {...handlers} />}
        />
      ) : (
        <IconButton label={t('composer.attach')} disabled={accept === null} onClick={pick}>
          <IconPaperclip size={20} stroke={1.5} aria-hidden="true" />
        </IconButton>
      )}
      <input
        ref={files}
        type="file"
        multiple
        hidden
        data-testid="composer-attach"
        accept={accept ?? undefined}
        aria-label={t('composer.attach')}
        onChange={(event) => {
          onFiles(event.currentTarget.files ?? []);
          // The same file may be chosen again after it was taken out.
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}

export function AttachButton(props: Omit<ComponentProps<'button'>, 'aria-label'>) {
  const { t } = useTranslation('conversations');
  return (
    <IconButton aria-haspopup="menu" {...props} label={t('composer.attach')} data-testid="composer-attach-menu">
      <IconPaperclip size={20} stroke={1.5} aria-hidden="true" />
    </IconButton>
  );
}
