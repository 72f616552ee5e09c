import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { IconDownload, IconX } from '@/shared/ui/icons';
import classes from './Lightbox.module.css';
import { closeLightbox, useLightbox } from './lightbox';

/** One picture over the page. The browser's own dialog keeps the focus inside and gives it back. */
export function Lightbox() {
  const picture = useLightbox((state) => state.picture);
  return picture ? <Opened key={picture.url} url={picture.url} name={picture.name} /> : null;
}

function Opened({ url, name }: { url: string; name: string | null }) {
  const { t } = useTranslation('shared');
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  const download = url.startsWith('blob:') ? url : `${url}${url.includes('?') ? '&' : '?'}download=1`;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes the browser's dialog
    <dialog
      ref={dialog}
      className={classes.box}
      aria-label={name ?? t('lightbox.label')}
      onClose={closeLightbox}
      onClick={(event) => event.target === event.currentTarget && closeLightbox()}
    >
      <div className={classes.bar}>
        <span dir="auto">{name}</span>
        <a href={download} download={name ?? true} aria-label={t('lightbox.download')}>
          <IconDownload size={20} stroke={1.6} aria-hidden="true" />
        </a>
        <button type="button" onClick={closeLightbox} aria-label={t('close')}>
          <IconX size={20} stroke={1.6} aria-hidden="true" />
        </button>
      </div>
      <img src={url} alt={name ?? t('lightbox.label')} />
    </dialog>
  );
}
