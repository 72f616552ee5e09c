import { useTranslation } from 'react-i18next';
import type { Channel, Conversation } from '@/shared/api/types';
import type { DraftKind } from '@/shared/offline/drafts';
import { Button } from '@/shared/ui/Button';
import { ChannelMark, type markOf } from '@/shared/ui/ChannelMark';
import { IconButton } from '@/shared/ui/IconButton';
import { IconLock, IconMessageBolt, IconMicrophone, IconMoodSmile, IconSend, IconTemplate } from '@/shared/ui/icons';
import { Kbd } from '@/shared/ui/Kbd';
import { Phone } from '@/shared/ui/Phone';
import { AttachControl } from './AttachControl';
import classes from './Composer.module.css';
import type { Extra } from './extras';
import { WindowChip } from './WindowChip';

interface BarProps {
  row: Conversation | undefined;
  channel: Channel | undefined;
  kind: DraftKind;
  onChoose: (kind: DraftKind) => void;
}

export function ComposerBar({ row, channel, kind, onChoose }: BarProps) {
  const { t } = useTranslation('conversations');
  return (
    <div className={classes.bar}>
      <div className={classes.switch} role="group" aria-label={t('composer.mode')} data-testid="composer-note-switch">
        <button type="button" aria-pressed={kind === 'reply'} onClick={() => onChoose('reply')}>
          {t('composer.reply')}
        </button>
        <button type="button" aria-pressed={kind === 'note'} onClick={() => onChoose('note')}>
          <IconLock size={14} stroke={1.7} aria-hidden="true" />
          {t('composer.note')}
        </button>
      </div>
      <span className={classes.space} />
      {kind === 'reply' && row && (
        <>
          <span className={classes.channel}>
            <ChannelMark kind={row.channel.kind} size={14} />
            <span className={classes.channelName}>{row.channel.name}</span>
            {channel?.address && (
              <span className={classes.address}>
                · <Phone value={channel.address} />
              </span>
            )}
          </span>
          <WindowChip row={row} channel={channel} />
        </>
      )}
    </div>
  );
}

interface FootProps {
  kind: DraftKind;
  /** Not known yet, then the button does not say by which channel. */
  mark: ReturnType<typeof markOf> | undefined;
  /** Types for the file dialog; null while the channel is not known. */
  accept: string | null;
  extras: Extra[];
  onFiles: (files: Iterable<File>) => void;
  onExtra: (extra: Extra) => void;
  /** Is the picker open? */
  emoji: boolean;
  onEmoji: () => void;
  /** Somebody reaches for it. */
  onEmojiSoon: () => void;
  /** Null where nothing can be said now. */
  onTalk: (() => void) | null;
  onCanned: (() => void) | null;
  onTemplates: (() => void) | null;
  status: string | null;
  bad: boolean;
  canSend: boolean;
  onSend: () => void;
}

export function ComposerFoot({
  kind,
  mark,
  accept,
  extras,
  onFiles,
  onExtra,
  emoji,
  onEmoji,
  onEmojiSoon,
  onTalk,
  onCanned,
  onTemplates,
  status,
  bad,
  canSend,
  onSend,
}: FootProps) {
  const { t } = useTranslation('conversations');
  const note = kind === 'note';
  const label = note ? t('composer.saveNote') : t(`sendVia.${mark ?? 'any'}`);
  return (
    <div className={classes.foot}>
      {!note && <AttachControl accept={accept} extras={extras} onFiles={onFiles} onExtra={onExtra} />}
      <IconButton
        label={t('composer.emoji')}
        className={classes.spare}
        aria-haspopup="dialog"
        aria-expanded={emoji}
        data-testid="composer-emoji"
        onPointerEnter={onEmojiSoon}
        onPointerDown={(event) => event.preventDefault()}
        onClick={onEmoji}
      >
        <IconMoodSmile size={20} stroke={1.5} aria-hidden="true" />
      </IconButton>
      {onTemplates && (
        <IconButton
          label={t('composer.templates')}
          className={classes.spare}
          data-testid="composer-templates"
          onClick={onTemplates}
        >
          <IconTemplate size={20} stroke={1.5} aria-hidden="true" />
        </IconButton>
      )}
      {!note && (
        <IconButton
          label={t('composer.canned')}
          className={classes.spare}
          data-testid="composer-canned"
          disabled={onCanned === null}
          onPointerDown={(event) => event.preventDefault()}
          onClick={onCanned ?? undefined}
        >
          <IconMessageBolt size={20} stroke={1.5} aria-hidden="true" />
        </IconButton>
      )}
      {onTalk && (
        <IconButton label={t('composer.talk')} className={classes.talk} data-testid="composer-voice" onClick={onTalk}>
          <IconMicrophone size={20} stroke={1.5} aria-hidden="true" />
        </IconButton>
      )}
      <span className={classes.status} data-bad={bad || undefined} role="status">
        {status}
      </span>
      <Button
        look="primary"
        data-testid="composer-send"
        className={classes.send}
        disabled={!canSend}
        onClick={onSend}
        end={<Kbd inverse>↵</Kbd>}
        aria-label={label}
      >
        <span className={classes.sendLong}>{label}</span>
        <IconSend size={18} stroke={1.7} aria-hidden="true" className={classes.sendShort} />
      </Button>
    </div>
  );
}
