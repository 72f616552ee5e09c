import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useKeys } from '@/shared/keys/useKeys';
import { IconAlertCircle, IconCheck, IconX } from './icons';
import { Kbd } from './Kbd';
import classes from './Toaster.module.css';
import { dismiss, pause, resume, undo, useToasts } from './toasts';

export function Toaster() {
  const { t } = useTranslation('shared');
  const toasts = useToasts((state) => state.toasts);
  const area = useRef<HTMLElement>(null);
  // A dialog lies in the browser's top layer, above every z-index: shown again, the notices lie above a later dialog too.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the list shows them again
  useEffect(() => {
    area.current?.showPopover?.();
    return () => area.current?.hidePopover?.();
  }, [toasts]);
  const undoable = toasts.findLast((shown) => shown.undo);
  useKeys([{ keys: 'z', label: t('keys.undo'), group: t('keys.conversation'), run: () => undoable && undo(undoable) }]);
  return (
    <section ref={area} popover="manual" className={classes.area} aria-label={t('notices')} aria-live="polite">
      {toasts.map((shown) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: only holds the clock while it is looked at
        <div
          key={shown.id}
          className={classes.toast}
          data-tone={shown.tone}
          role={shown.tone === 'error' ? 'alert' : undefined}
          onMouseEnter={() => pause(shown.id)}
          onMouseLeave={() => resume(shown)}
          onFocus={() => pause(shown.id)}
          onBlur={() => resume(shown)}
        >
          {shown.tone === 'error' ? <IconAlertCircle size={16} aria-hidden="true" /> : <IconCheck size={16} aria-hidden="true" />}
          <span className={classes.text}>{shown.text}</span>
          {shown.undo && (
            <button type="button" className={classes.undo} onClick={() => undo(shown)}>
              {t('undo')}
              {shown === undoable && <Kbd inverse>Z</Kbd>}
            </button>
          )}
          <button type="button" className={classes.close} aria-label={t('close')} onClick={() => dismiss(shown.id)}>
            <IconX size={14} aria-hidden="true" />
          </button>
        </div>
      ))}
    </section>
  );
}
