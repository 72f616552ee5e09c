import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { IconButton } from '@/shared/ui/IconButton';
import { IconX } from '@/shared/ui/icons';
import '../../threadTexts';
import classes from './QuoteBar.module.css';

interface Props {
  message: Message;
  contactName: string;
  onDrop: () => void;
}

/** What the answer that is being written will quote. */
export default function QuoteBar({ message, contactName, onDrop }: Props) {
  const { t } = useTranslation('thread');
  const { t: word } = useTranslation('conversations');
  const name = message.direction === 'inbound' ? contactName || word('noName') : (message.author.name ?? t('mark.you'));
  return (
    <div className={classes.bar} data-testid="quote-bar">
      <span className={classes.text}>
        <strong dir="auto">{t('quoteBar.replyingTo', { name })}</strong>
        <span dir="auto">{message.text || word(`type.${message.type}`)}</span>
      </span>
      <IconButton label={t('quoteBar.drop')} onClick={onDrop}>
        <IconX size={16} stroke={1.6} aria-hidden="true" />
      </IconButton>
    </div>
  );
}
