import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Id, Message } from '@/shared/api/types';
import { folded } from '@/shared/format/text';
import { newClientId } from '@/shared/offline/outbox';
import { Avatar } from '@/shared/ui/Avatar';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { sentenceOf } from '@/shared/ui/showError';
import { ErrorBar, SkeletonRows } from '@/shared/ui/states';
import '../../threadTexts';
import { readOpenConversations } from '../../api';
import { passOn } from '../../model/messages';
import { nameOf } from '../list/ConversationRow';
import classes from './ForwardDialog.module.css';

const MAX = 10;

/** Chooses up to ten open conversations that get the message too. */
export default function ForwardDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const { t } = useTranslation('thread');
  const { t: word } = useTranslation('conversations');
  const found = useQuery({ queryKey: ['forward'], queryFn: readOpenConversations, staleTime: 0 });
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState<Id[]>([]);
  const [busy, setBusy] = useState(false);
  // One key until it was taken: pressing twice, or a lost line, never forwards twice.
  const key = useRef(newClientId());
  const full = chosen.length >= MAX;
  const others = (found.data?.items ?? []).filter((row) => row.id !== message.conversation_id);
  const shown = others.filter((row) => folded(`${row.contact.name} ${row.contact.phone ?? ''}`).includes(folded(query)));
  const toggle = (id: Id) => {
    key.current = newClientId();
    setChosen((held) => (held.includes(id) ? held.filter((one) => one !== id) : [...held, id]));
  };
  const send = async () => {
    setBusy(true);
    if (await passOn(message, chosen, key.current)) onClose();
    else setBusy(false);
  };
  return (
    <Dialog title={t('forward.title')} onClose={onClose}>
      <div className={classes.box}>
        <input
          type="search"
          className={classes.search}
          value={query}
          placeholder={t('forward.search')}
          aria-label={t('forward.search')}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
        {found.isError && <ErrorBar onRetry={() => void found.refetch()}>{sentenceOf(found.error)}</ErrorBar>}
        {found.isPending && <SkeletonRows count={4} />}
        <ul className={classes.list}>
          {shown.map((row) => (
            <li key={row.id}>
              <label>
                <input
                  type="checkbox"
                  checked={chosen.includes(row.id)}
                  disabled={full && !chosen.includes(row.id)}
                  onChange={() => toggle(row.id)}
                />
                <Avatar id={row.contact.id} name={row.contact.name} size={32} channelKind={row.channel.kind} />
                <span className={classes.text}>
                  <strong dir="auto">{nameOf(row) || word('noName')}</strong>
                  <span dir="auto">{row.preview || word(`type.${row.preview_type}`)}</span>
                </span>
              </label>
            </li>
          ))}
        </ul>
        {found.isSuccess && shown.length === 0 && <p className={classes.none}>{t('forward.none')}</p>}
        <div className={classes.foot}>
          <span role="status">{full ? t('forward.limit', { max: MAX }) : ''}</span>
          <Button look="primary" disabled={busy || chosen.length === 0} onClick={() => void send()} data-testid="forward-send">
            {chosen.length > 0 ? t('forward.send', { count: chosen.length }) : t('forward.nobody')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
