import { api } from '../api';
import { useT } from '../i18n';
import { IconArrowBackUp, IconCopy, IconDotsVertical, IconPencil, IconTrash } from '../icons';
import { guarded, setDraft, usePage } from '../store';
import { editable, type Shown, wordsOf } from '../thread';
import { type Item, Menu } from './Menu';
import classes from './MessageMenu.module.css';

const QUICK = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

/** What a customer does with a message: answer, react, change, delete for everyone. */
export function MessageMenu({ message }: { message: Shown }) {
  const t = useT();
  const own = message.direction === 'customer';
  const words = wordsOf(message);
  const here = own || !['accepted', 'failed'].includes(message.status);

  const write = (wish: object) => {
    const { number, selected } = usePage.getState();
    if (selected !== null) void guarded(() => api.write(number, selected, wish));
  };
  const react = (emoji: string) => {
    const taken = message.reaction.customer === emoji;
    write({ type: 'reaction', reaction: { message_id: message.id, ...(taken ? {} : { emoji }) } });
  };

  const items: Item[] = [];
  if (here)
    items.push({ key: 'reply', label: t('reply'), Icon: IconArrowBackUp, act: () => setDraft({ kind: 'reply', message }) });
  if (words)
    items.push({ key: 'copy', label: t('copyText'), Icon: IconCopy, act: () => void navigator.clipboard.writeText(words) });
  if (editable(message) !== null)
    items.push({ key: 'edit', label: t('edit'), Icon: IconPencil, act: () => setDraft({ kind: 'edit', message }) });
  if (own)
    items.push({
      key: 'revoke',
      label: t('deleteForAll'),
      Icon: IconTrash,
      danger: true,
      act: () => write({ type: 'revoke', revoke: { original_message_id: message.id } }),
    });
  if (items.length === 0) return null;

  return (
    <Menu
      label={t('messageMenu')}
      testid="message-menu"
      className={classes.button}
      icon={<IconDotsVertical size={16} stroke={1.8} aria-hidden="true" />}
      head={
        here
          ? (close) => (
              <div className={classes.emoji}>
                {QUICK.map((emoji) => (
                  <button
                    key={emoji}
                    type="button"
                    role="menuitemcheckbox"
                    tabIndex={-1}
                    aria-checked={message.reaction.customer === emoji}
                    aria-label={t('reactWith', { emoji })}
                    onClick={() => {
                      close();
                      react(emoji);
                    }}
                  >
                    {emoji}
                  </button>
                ))}
              </div>
            )
          : undefined
      }
      items={items}
    />
  );
}
