import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { CHANNELS_KEY, type Connected, readSignup } from '../api';
import classes from './ChannelsPage.module.css';
import { CopyField } from './CopyField';
import { LiveCheck } from './LiveCheck';
import { MetaWay } from './MetaWay';
import { PasteForm } from './PasteForm';
import { PinForm } from './PinForm';

/** Two ways to a connected number: Meta's own dialog, or a token that somebody pastes. Then the live check. */
export function ConnectDialog({ onChanged, onClose }: { onChanged: () => void; onClose: () => void }) {
  const { t } = useTranslation('channels');
  const signup = useQuery({ queryKey: [...CHANNELS_KEY, 'signup'], queryFn: readSignup, staleTime: Number.POSITIVE_INFINITY });
  const [pasting, setPasting] = useState(false);
  const [made, setMade] = useState<Connected | null>(null);
  const [registered, setRegistered] = useState(false);
  const connected = (channel: Connected) => {
    setMade(channel);
    onChanged();
  };
  if (made) {
    return (
      <Dialog title={made.channel.name} wide onClose={onClose}>
        <div className={classes.stack} data-testid="connected">
          {made.problem && !registered ? (
            <PinForm
              id={made.channel.id}
              onDone={() => {
                setRegistered(true);
                onChanged();
              }}
            />
          ) : (
            <>
              {made.verify_token && (
                <>
                  <p>{t('webhook.enter')}</p>
                  <CopyField label={t('webhook.url')} value={made.webhook_url} />
                  <CopyField label={t('webhook.token')} value={made.verify_token} hint={t('webhook.once')} />
                </>
              )}
              <LiveCheck id={made.channel.id} />
            </>
          )}
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t('connect.title')} wide onClose={onClose}>
      {pasting ? (
        <PasteForm onConnected={connected} onBack={() => setPasting(false)} />
      ) : (
        <div className={classes.stack}>
          {signup.data?.available && <MetaWay settings={signup.data} onConnected={connected} />}
          <section className={classes.way}>
            <h3>{t('connect.paste')}</h3>
            <p>{signup.data && !signup.data.available ? t('connect.onlyPaste') : t('connect.pasteText')}</p>
            <Button data-testid="paste-token" onClick={() => setPasting(true)}>
              {t('connect.paste')}
            </Button>
          </section>
        </div>
      )}
    </Dialog>
  );
}
