import { useTranslation } from 'react-i18next';
import type { Id, View } from '@/shared/api/types';
import { useKeys } from '@/shared/keys/useKeys';
import { neighbour } from '../model/nav';
import { usePickers } from '../model/pickers';

const closePicker = () => usePickers.setState({ open: null });

interface Moves {
  selectedId: Id | undefined;
  /** The selected conversation is known, so there is something to tag. */
  known: boolean;
  onOpen: (id: Id) => void;
  onView: (view: View) => void;
  onShowPanel: () => void;
  onCompose: (() => void) | undefined;
}

/** Keys that belong to the inbox as a whole; those of one conversation are registered where they act. */
export function useInboxKeys({ selectedId, known, onOpen, onView, onShowPanel, onCompose }: Moves): void {
  const { t } = useTranslation('conversations');
  const step = (by: 1 | -1) => {
    const id = neighbour(selectedId, by);
    if (id) onOpen(id);
  };
  const tags = () => {
    onShowPanel();
    usePickers.setState({ open: 'tags' });
  };
  const list = t('keys.list');
  useKeys([
    { keys: 'j', label: t('keys.next'), group: list, run: () => step(1) },
    { keys: 'k', label: t('keys.previous'), group: list, run: () => step(-1) },
    { keys: 'g i', label: t('keys.goMine'), group: list, run: () => onView('mine') },
    { keys: 'g u', label: t('keys.goUnassigned'), group: list, run: () => onView('unassigned') },
    { keys: 'g a', label: t('keys.goAll'), group: list, run: () => onView('all') },
  ]);
  useKeys([{ keys: 'c', label: t('keys.compose'), group: list, run: () => onCompose?.() }], onCompose !== undefined);
  useKeys([{ keys: 't', label: t('keys.tag'), group: t('keys.conversation'), run: tags }], known);
  // Until the picker has the keyboard itself.
  const picking = usePickers(({ open }) => open !== null);
  useKeys([{ keys: 'Escape', run: closePicker }], picking);
}
