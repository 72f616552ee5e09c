import { type ComponentProps, useEffect, useState } from 'react';
import type { ConversationPane } from '@/features/conversations/ui/thread/ConversationPane';
import { holdKeys } from '@/shared/keys/registry';
import { showError } from '@/shared/ui/showError';
import classes from './inbox.module.css';

type Pane = typeof ConversationPane;

let loaded: Pane | null = null;
const load = async () => {
  loaded = (await import('@/features/conversations/ui/thread/ConversationPane')).ConversationPane;
};
// The list is painted first; the conversation's code is on its way meanwhile, and asked for again where it did not come.
load().catch(() => undefined);

/** The open conversation. Without suspense: where the code is there already, the very next key belongs to the conversation. */
export function LaterPane(props: ComponentProps<Pane>) {
  const [Shown, setShown] = useState<Pane | null>(() => loaded);
  const missing = Shown === null;
  useEffect(() => {
    if (!missing) return;
    const release = holdKeys(); // Letters typed until then are words, not commands.
    load().then(() => setShown(() => loaded), showError);
    return release;
  }, [missing]);
  return Shown ? <Shown {...props} /> : <main className={classes.nothing} />;
}
