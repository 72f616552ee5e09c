import { useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel } from '@/shared/api/types';
import { fileSize } from '@/shared/format/text';
import { Button } from '@/shared/ui/Button';
import { IconButton } from '@/shared/ui/IconButton';
import { IconAlertCircle, IconFileText, IconPaperclip, IconX } from '@/shared/ui/icons';
import { acceptOf, type useHeaderFile } from '../model/headerFile';
import type { MediaHeader } from '../model/template';
import classes from './HeaderFileField.module.css';

interface Props {
  kind: MediaHeader;
  channel: Channel | undefined;
  state: ReturnType<typeof useHeaderFile>;
  label: string;
  /** Other sentences about it. */
  problems?: readonly string[];
}

/** Chooses the picture, video or document of a header, and says how far it is. */
export function HeaderFileField({ kind, channel, state, label, problems = [] }: Props) {
  const { t, i18n } = useTranslation('templates');
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const { file, share, choose, drop } = state;
  const size = (bytes: number) => fileSize(bytes, i18n.language);
  const wrong = file?.refusal
    ? t(`file.${file.refusal.reason}`, { max: file.refusal.reason === 'size' ? size(file.refusal.maxBytes) : '' })
    : file?.problem;
  const sentences = [...(wrong ? [wrong] : []), ...(file ? [] : problems)];
  return (
    <div className={classes.field}>
      <span id={id} className={classes.label}>
        {label}
      </span>
      {file ? (
        <div className={classes.file} data-bad={Boolean(wrong) || undefined}>
          <IconFileText size={18} stroke={1.5} aria-hidden="true" />
          <span className={classes.name} dir="auto">
            {file.name}
          </span>
          <span className={classes.size} role="status">
            {wrong
              ? size(file.size)
              : file.attachmentId
                ? t('file.ready', { size: size(file.size) })
                : t('file.percent', { percent: Math.round(share * 100) })}
          </span>
          <IconButton label={t('file.remove')} onClick={drop}>
            <IconX size={16} stroke={1.6} aria-hidden="true" />
          </IconButton>
        </div>
      ) : (
        <Button
          className={classes.choose}
          aria-describedby={id}
          icon={<IconPaperclip size={16} stroke={1.6} aria-hidden="true" />}
          onClick={() => input.current?.click()}
        >
          {t(`file.choose.${kind}`)}
        </Button>
      )}
      <input
        ref={input}
        type="file"
        hidden
        data-testid="template-file"
        aria-label={t(`file.choose.${kind}`)}
        accept={acceptOf(channel, kind) || undefined}
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          if (chosen) choose(chosen);
          event.currentTarget.value = '';
        }}
      />
      {sentences.map((sentence) => (
        <p key={sentence} className={classes.problem} role="alert">
          <IconAlertCircle size={14} stroke={1.7} aria-hidden="true" />
          {sentence}
        </p>
      ))}
    </div>
  );
}
