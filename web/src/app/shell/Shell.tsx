import { Outlet, useNavigate } from '@tanstack/react-router';
import { Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { holdKeys } from '@/shared/keys/registry';
import { useCtrlK } from '@/shared/keys/useCtrlK';
import { useKeys } from '@/shared/keys/useKeys';
import { useFreshCounts } from '@/shared/realtime/counts';
import { useCan, useSession } from '@/shared/session/session';
import { lazyPart } from '@/shared/ui/lazyPart';
import { useIsPhone } from '@/shared/ui/useMedia';
import { BottomBar } from './BottomBar';
import { ConnectionBar } from './ConnectionBar';
import { Rail } from './Rail';
import classes from './Shell.module.css';
import { usePageTitle } from './usePageTitle';

const ShortcutsHelp = lazyPart(() => import('./ShortcutsHelp'));

export function Shell() {
  const signedIn = useSession((state) => state.session !== null);
  // Between a 401 and the sign-in page there is a frame without a session.
  return signedIn ? <Frame /> : null;
}

function Frame() {
  const { t } = useTranslation('app');
  const phone = useIsPhone();
  const navigate = useNavigate();
  const mayQuarantine = useCan('quarantine.manage');
  const mayReply = useCan('conversations.reply');
  const [helpOpen, setHelpOpen] = useState(false);
  useEffect(() => (helpOpen ? holdKeys() : undefined), [helpOpen]);
  useFreshCounts();
  usePageTitle();
  const toSearch = () => void navigate({ to: '/search' });
  useKeys([
    { keys: '?', label: t('keys.help'), group: t('keys.general'), run: () => setHelpOpen(true) },
    { keys: '/', label: t('keys.search'), group: t('keys.general'), run: toSearch },
  ]);
  useCtrlK(toSearch);
  useKeys(
    [{ keys: 'g q', label: t('keys.goQuarantine'), group: t('keys.general'), run: () => void navigate({ to: '/quarantine' }) }],
    mayQuarantine,
  );
  useKeys(
    [{ keys: 'g t', label: t('keys.goTemplates'), group: t('keys.general'), run: () => void navigate({ to: '/templates' }) }],
    mayReply,
  );
  const openHelp = () => setHelpOpen(true);
  return (
    <div className={classes.frame}>
      {!phone && <Rail onHelp={openHelp} />}
      <div className={classes.body}>
        <ConnectionBar />
        <Outlet />
      </div>
      {phone && <BottomBar onHelp={openHelp} />}
      {helpOpen && (
        <Suspense>
          <ShortcutsHelp onClose={() => setHelpOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}
