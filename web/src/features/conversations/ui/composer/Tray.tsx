import { useTranslation } from 'react-i18next';
import { fileSize } from '@/shared/format/text';
import { currentLocale } from '@/shared/i18n/i18n';
import { useObjectUrl } from '@/shared/media/useObjectUrl';
import { useUploads } from '@/shared/offline/uploads';
import { IconFileText, IconMicrophone, IconVideo, IconX } from '@/shared/ui/icons';
import '../../composeTexts';
import { MAX_FILES } from '../../model/attachments';
import type { TrayApi, TrayItem } from '../../model/tray';
import '../../composeTexts';
import classes from './Tray.module.css';

export default function Tray({ tray }: { tray: TrayApi }) {
  const { t } = useTranslation('compose');
  return (
    <div className={classes.tray}>
      <ul className={classes.list} aria-label={t('tray.label')}>
        {tray.items.map((item) => (
          <Tile key={item.localId} item={item} single={tray.items.length === 1} tray={tray} />
        ))}
      </ul>
      {tray.tooMany && (
        <p className={classes.reason} role="alert">
          {t('tray.tooMany', { max: MAX_FILES })}
        </p>
      )}
    </div>
  );
}

function Tile({ item, single, tray }: { item: TrayItem; single: boolean; tray: TrayApi }) {
  const { t } = useTranslation('compose');
  const share = useUploads((state) => state[item.localId] ?? 0);
  const { file, verdict } = item;
  const image = useObjectUrl(file.type.startsWith('image/') ? file : undefined);
  const reason = useReason(item);
  const size = fileSize(file.size, currentLocale());
  const done = share >= 1;
  return (
    <li className={classes.tile} data-bad={reason ? true : undefined}>
      <span className={classes.thumb}>
        {image ? <img src={image} alt="" /> : <KindIcon kind={verdict.ok ? verdict.kind : 'document'} />}
      </span>
      <span className={classes.text}>
        <strong title={file.name} dir="auto">
          {file.name}
        </strong>
        {reason ? (
          <span className={classes.reason} role="alert">
            {reason}
          </span>
        ) : (
          <span>
            {size} · {done ? t('tray.ready') : t('tray.progress', { percent: Math.round(share * 100) })}
          </span>
        )}
        {!reason && !done && (
          <span className={classes.bar} aria-hidden="true">
            <span style={{ transform: `scaleX(${share})` }} />
          </span>
        )}
        {!reason && !single && verdict.ok && verdict.kind !== 'audio' && (
          <input
            value={item.caption}
            aria-label={t('tray.captionOf', { name: file.name })}
            placeholder={t('tray.caption')}
            onChange={(event) => tray.caption(item.localId, event.currentTarget.value)}
          />
        )}
      </span>
      <button type="button" onClick={() => tray.remove(item.localId)} aria-label={t('tray.remove', { name: file.name })}>
        <IconX size={16} stroke={1.6} aria-hidden="true" />
      </button>
    </li>
  );
}

function KindIcon({ kind }: { kind: string }) {
  const Icon = kind === 'video' ? IconVideo : kind === 'audio' ? IconMicrophone : IconFileText;
  return <Icon size={20} stroke={1.5} aria-hidden="true" />;
}

function useReason({ verdict, refused }: TrayItem): string | null {
  const { t } = useTranslation('compose');
  if (refused) return refused;
  if (verdict.ok) return null;
  if (verdict.reason === 'tooLarge') return t('tray.tooLarge', { max: fileSize(verdict.maxBytes, currentLocale()) });
  return verdict.reason === 'empty' ? t('tray.empty') : t('tray.notAccepted');
}
