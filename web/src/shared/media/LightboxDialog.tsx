import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconChevronLeft, IconChevronRight, IconDownload, IconX, IconZoomIn, IconZoomOut } from '@/shared/ui/icons';
import classes from './Lightbox.module.css';
import { closeLightbox, type Medium, showMedium, useLightbox } from './lightbox';

const ZOOMS = [1, 1.5, 2, 3, 4];
const SWIPE_PX = 60;

/** The browser's own dialog keeps the focus inside, closes by Escape and gives the focus back. */
export default function LightboxDialog() {
  const { t } = useTranslation('shared');
  const { media, at } = useLightbox();
  const dialog = useRef<HTMLDialogElement>(null);
  const [zoom, setZoom] = useState(0);
  const begun = useRef<{ x: number; y: number } | null>(null);
  const medium = media[at];
  // biome-ignore lint/correctness/useExhaustiveDependencies: the next one begins at its own size
  useEffect(() => setZoom(0), [at]);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  if (!medium) return null;

  const closer = (step: 1 | -1) => setZoom((held) => Math.min(Math.max(held + step, 0), ZOOMS.length - 1));
  const picture = medium.kind === 'image';
  function onKeyDown(event: KeyboardEvent) {
    if (event.target instanceof HTMLVideoElement && event.key.startsWith('Arrow')) return;
    const done = {
      ArrowRight: () => showMedium(at + 1),
      ArrowLeft: () => showMedium(at - 1),
      Home: () => showMedium(0),
      End: () => showMedium(media.length - 1),
      '+': () => closer(1),
      '-': () => closer(-1),
    }[event.key];
    if (!done) return;
    event.preventDefault();
    done();
  }
  function onPointerUp(event: PointerEvent) {
    const from = begun.current;
    begun.current = null;
    if (!from || zoom > 0) return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (Math.abs(x) > SWIPE_PX && Math.abs(x) > Math.abs(y)) showMedium(at + (x < 0 ? 1 : -1));
    else if (y > SWIPE_PX * 1.5) closeLightbox();
  }

  return (
    <dialog
      ref={dialog}
      className={classes.box}
      aria-label={medium.name ?? t('lightbox.label')}
      data-testid="lightbox"
      onClose={closeLightbox}
      onKeyDown={onKeyDown}
      onClick={(event) => event.target instanceof Element && event.target.hasAttribute('data-ground') && closeLightbox()}
    >
      <div className={classes.bar}>
        <span dir="auto" className={classes.name}>
          {medium.name ?? medium.words}
        </span>
        {media.length > 1 && (
          <span className={classes.place} aria-live="polite">
            {t('lightbox.place', { at: at + 1, count: media.length })}
          </span>
        )}
        {picture && (
          <>
            <button type="button" disabled={zoom === 0} onClick={() => closer(-1)} aria-label={t('lightbox.zoomOut')}>
              <IconZoomOut size={20} stroke={1.6} aria-hidden="true" />
            </button>
            <button
              type="button"
              disabled={zoom === ZOOMS.length - 1}
              onClick={() => closer(1)}
              aria-label={t('lightbox.zoomIn')}
            >
              <IconZoomIn size={20} stroke={1.6} aria-hidden="true" />
            </button>
          </>
        )}
        <a href={downloadOf(medium)} download={medium.name ?? true} aria-label={t('lightbox.download')}>
          <IconDownload size={20} stroke={1.6} aria-hidden="true" />
        </a>
        <button type="button" onClick={closeLightbox} aria-label={t('close')}>
          <IconX size={20} stroke={1.6} aria-hidden="true" />
        </button>
      </div>
      <div
        className={classes.stage}
        data-ground
        data-zoomed={zoom > 0 || undefined}
        onPointerDown={({ clientX, clientY }) => {
          begun.current = { x: clientX, y: clientY };
        }}
        onPointerUp={onPointerUp}
        onWheel={(event) => event.ctrlKey && picture && closer(event.deltaY < 0 ? 1 : -1)}
      >
        {picture ? (
          <img
            key={medium.id}
            src={medium.url}
            alt={medium.name ?? t('lightbox.label')}
            draggable={false}
            style={
              zoom > 0 ? { maxInlineSize: 'none', maxBlockSize: 'none', inlineSize: `${(ZOOMS[zoom] ?? 1) * 100}%` } : undefined
            }
            onDoubleClick={() => setZoom((held) => (held > 0 ? 0 : 2))}
          />
        ) : (
          // biome-ignore lint/a11y/useMediaCaption: customers send videos without a caption track
          <video key={medium.id} src={medium.url} controls autoPlay aria-label={medium.name ?? t('lightbox.label')} />
        )}
      </div>
      {medium.words && medium.name && (
        <p className={classes.words} dir="auto">
          {medium.words}
        </p>
      )}
      {at > 0 && (
        <button
          type="button"
          className={classes.step}
          data-side="left"
          aria-label={t('lightbox.previous')}
          onClick={() => showMedium(at - 1)}
        >
          <IconChevronLeft size={26} stroke={1.6} aria-hidden="true" />
        </button>
      )}
      {at < media.length - 1 && (
        <button
          type="button"
          className={classes.step}
          data-side="right"
          aria-label={t('lightbox.next')}
          onClick={() => showMedium(at + 1)}
        >
          <IconChevronRight size={26} stroke={1.6} aria-hidden="true" />
        </button>
      )}
    </dialog>
  );
}

const downloadOf = ({ url }: Medium): string =>
  url.startsWith('blob:') ? url : `${url}${url.includes('?') ? '&' : '?'}download=1`;
