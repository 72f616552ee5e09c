import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Suspense, useCallback, useEffect, useLayoutEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useOpenConversation } from '@/app/useOpenConversation';
import { arriveAt } from '@/features/conversations/model/arrival';
import { nextAfter } from '@/features/conversations/model/nav';
import { TemplateSlot } from '@/features/conversations/model/templateSlot';
import { ListHeader } from '@/features/conversations/ui/list/ListHeader';
import { ListPane } from '@/features/conversations/ui/list/ListPane';
import { useInboxKeys } from '@/features/conversations/ui/useInboxKeys';
import type { Id, View } from '@/shared/api/types';
import { holdKeys } from '@/shared/keys/registry';
import { Lightbox } from '@/shared/media/Lightbox';
import { useLive } from '@/shared/realtime/store';
import { useCan } from '@/shared/session/session';
import { IconMessageDots } from '@/shared/ui/icons';
import { lazyPart } from '@/shared/ui/lazyPart';
import { Empty } from '@/shared/ui/states';
import { useIsNarrow, useIsPhone } from '@/shared/ui/useMedia';
import classes from './inbox.module.css';
import { LaterPane } from './laterPane';

const ContactPanel = lazyPart(() => import('@/features/contacts/ui/ContactPanel'));
const FirstMessage = lazyPart(() => import('@/features/templates/ui/FirstMessage'));
const TagSection = lazyPart(async () => ({ default: (await import('@/features/conversations/ui/TagSection')).TagSection }));
const ComposerTemplates = lazyPart(() => import('./composerTemplates'));
const route = getRouteApi('/inside/inbox/$view');
const PANEL_KEY = 'invekto.panel';

/** List, thread and contact side by side; on a phone one after the other. */
export default function Inbox() {
  const { t } = useTranslation('conversations');
  const view = route.useParams().view as View;
  const { status: filtered, message, at } = route.useSearch();
  const status = filtered ?? 'open';
  const conversationId = useOpenConversation();
  const navigate = useNavigate();
  const phone = useIsPhone();
  const narrow = useIsNarrow();
  const [pinned, setPinned] = useState(() => localStorage.getItem(PANEL_KEY) !== 'closed');
  const [drawer, setDrawer] = useState<Id | null>(null);
  const [composing, setComposing] = useState(false);
  const mayWrite = useCan('conversations.reply');
  // The first digits may be typed before the dialog's code is here.
  useEffect(() => (composing ? holdKeys() : undefined), [composing]);
  // Before the thread is drawn, so that it is not placed twice.
  useLayoutEffect(() => {
    if (conversationId && message && at) arriveAt({ conversationId, id: message, seq: at });
  }, [conversationId, message, at]);
  const row = useLive((state) => (conversationId ? state.conversations[conversationId] : undefined));
  const panelOpen = conversationId !== undefined && (narrow ? drawer === conversationId : pinned);

  const search = filtered ? { status: filtered } : {};
  // biome-ignore lint/correctness/useExhaustiveDependencies: `search` is made of `filtered`
  const open = useCallback(
    (id: Id) => {
      const to = { to: '/inbox/$view/$conversationId', params: { view, conversationId: id }, search } as const;
      // On a desk the way back leads out of the inbox, not through every conversation that was looked at.
      void navigate({ ...to, replace: !phone && conversationId !== undefined });
    },
    [navigate, view, filtered, phone, conversationId],
  );
  const back = () => void navigate({ to: '/inbox/$view', params: { view }, search });
  const openView = (next: View) => void navigate({ to: '/inbox/$view', params: { view: next }, search: {} });

  const showPanel = (shown: boolean) => {
    if (narrow) setDrawer(shown && conversationId ? conversationId : null);
    else {
      setPinned(shown);
      localStorage.setItem(PANEL_KEY, shown ? 'open' : 'closed');
    }
  };

  const resolved = () => {
    const next = conversationId && nextAfter(conversationId);
    if (next && !phone) open(next);
    else back();
  };

  const compose = mayWrite ? () => setComposing(true) : undefined;
  useInboxKeys({
    selectedId: conversationId,
    known: row !== undefined,
    onOpen: open,
    onView: openView,
    onShowPanel: () => showPanel(true),
    onCompose: compose,
  });

  return (
    <div className={classes.inbox}>
      {(!phone || !conversationId) && (
        <ListPane
          view={view}
          status={status}
          selectedId={conversationId}
          header={<ListHeader view={view} status={status} onCompose={compose} />}
          onOpen={open}
        />
      )}
      {conversationId ? (
        <TemplateSlot value={ComposerTemplates}>
          <LaterPane
            id={conversationId}
            onBack={back}
            onResolved={resolved}
            panelOpen={panelOpen}
            onTogglePanel={() => showPanel(!panelOpen)}
          />
        </TemplateSlot>
      ) : (
        !phone && (
          <main className={classes.nothing}>
            <Empty
              icon={<IconMessageDots size={28} stroke={1.3} aria-hidden="true" />}
              title={t('thread.choose')}
              text={t('thread.chooseText')}
            />
          </main>
        )
      )}
      {panelOpen && row && (
        <Suspense fallback={narrow ? null : <aside className={classes.panel} />}>
          <ContactPanel
            key={row.contact.id}
            row={row}
            mode={phone ? 'page' : narrow ? 'drawer' : 'pane'}
            tags={<TagSection row={row} />}
            onClose={() => showPanel(false)}
            onOpenConversation={(id) => {
              setDrawer(null);
              open(id);
            }}
          />
        </Suspense>
      )}
      <Lightbox />
      {composing && (
        <Suspense>
          <FirstMessage
            onClose={() => setComposing(false)}
            onOpenConversation={(conversationId) =>
              void navigate({ to: '/inbox/$view/$conversationId', params: { view: 'mine', conversationId }, search: {} })
            }
          />
        </Suspense>
      )}
    </div>
  );
}
