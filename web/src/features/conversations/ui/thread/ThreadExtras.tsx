import { Suspense } from 'react';
import type { Conversation } from '@/shared/api/types';
import { lazyPart } from '@/shared/ui/lazyPart';
import { forwardMessage, showRevisions, useMessageMenu } from '../../model/messageMenu';

const MessageMenu = lazyPart(() => import('./MessageMenu'));
const ForwardDialog = lazyPart(() => import('./ForwardDialog'));
const RevisionsDialog = lazyPart(() => import('./RevisionsDialog'));

/** What opens over a thread; its code comes when it is first asked for. */
export function ThreadExtras({ row }: { row: Conversation }) {
  const open = useMessageMenu((state) => state.open !== null);
  const forwarding = useMessageMenu((state) => state.forwarding);
  const revised = useMessageMenu((state) => state.revised);
  return (
    <Suspense fallback={null}>
      {open && <MessageMenu conversationId={row.id} channelId={row.channel.id} />}
      {revised && <RevisionsDialog message={revised} onClose={() => showRevisions(null)} />}
      {forwarding && <ForwardDialog message={forwarding} onClose={() => forwardMessage(null)} />}
    </Suspense>
  );
}
